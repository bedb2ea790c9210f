// AdminRequestHandler: answers HTTP requests with admin pages. A long one goes out in parts, one in
// a turn at most, as the client takes it. Main thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "source/base/link.h"
#include "source/sdk/request_handler.h"
#include "source/server/admin/admin_handler.h"

namespace sluice {

class AdminRequestHandler final : public RequestHandler,
                                  public LinkTarget<AdminRequestHandler>,
                                  private FlowSource {
 public:
  AdminRequestHandler(const AdminHandler& pages, ResponseSink& sink) : pages_(pages), sink_(sink) {}

  void OnRequestHeaders(Headers& headers, End end) override;
  void OnRequestData(Buffer& data, End end) override;
  void OnRequestTrailers(Headers& trailers) override { Answer(); }
  void Cancel() override;

 private:
  void PauseReading() override { is_paused_ = true; }
  void ResumeReading() override;
  void Answer();
  void Send(AdminResponse answer);
  void SendPart();
  void SendSoon();  // the next part in the next turn, unless the client has enough to read
  const AdminHandler& pages_;
  ResponseSink& sink_;
  std::string body_;  // what is looked at of it
  std::deque<std::string> unsent_;
  size_t sent_bytes_ = 0;  // of the first of them
  bool is_due_ = false, is_paused_ = false;
};

}  // namespace sluice
