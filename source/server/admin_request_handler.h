// AdminRequestHandler: answers HTTP requests with admin pages. Main thread.
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
  std::string body_;  // what is looked at of it
};

}  // namespace sluice
