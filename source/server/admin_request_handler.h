// AdminRequestHandler: answers HTTP requests with admin pages. The admin port is an ordinary
// connection manager on the main thread's loop, whose chain ends here instead of in the router.
#pragma once

#include <string>

#include "source/base/link.h"
#include "source/sdk/request_handler.h"
#include "source/server/admin/admin_handler.h"

namespace sluice {

class AdminRequestHandler final : public RequestHandler, public LinkTarget<AdminRequestHandler> {
 public:
  AdminRequestHandler(const AdminHandler& pages, ResponseSink& sink) : pages_(pages), sink_(sink) {}

  void OnRequestHeaders(Headers& headers, End end) override;
  void OnRequestData(Buffer& data, End end) override;
  void OnRequestTrailers(Headers& trailers) override { Answer(); }
  void Cancel() override { BreakLinks(); }

 private:
  void Answer();
  void Send(const AdminResponse& answer);
  const AdminHandler& pages_;
  ResponseSink& sink_;
};

class AdminRequestHandlerFactory final : public RequestHandlerFactory {
 public:
  explicit AdminRequestHandlerFactory(const AdminHandler& pages) : pages_(pages) {}
  ArenaPtr<RequestHandler> Create(ResponseSink& sink) const override {
    return ArenaPtr<RequestHandler>(sink.arena().New<AdminRequestHandler>(pages_, sink));
  }

 private:
  const AdminHandler& pages_;
};

}  // namespace sluice
