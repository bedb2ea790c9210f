// AdminCall: answers gRPC calls at the admin port: those of ClientStatusDiscoveryService, message
// by message. Others are UNIMPLEMENTED.
//
// Main thread. Each answer of a stream is made in a turn of its own, and none while the client does
// not read those before; what it asks meanwhile waits where it comes from.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/base/link.h"
#include "source/base/units.h"
#include "source/sdk/request_handler.h"
#include "source/server/admin/admin_handler.h"

namespace sluice {

class AdminCall final : public RequestHandler, public LinkTarget<AdminCall>, private FlowSource {
 public:
  static constexpr size_t kMessageBytesMax = AdminRequest::kBodyBytesMax;

  // Whether the request is a call, and not one for a page.
  static bool Takes(const Headers& request);
  AdminCall(const AdminHandler& pages, ResponseSink& sink);
  ~AdminCall() override;

  void OnRequestHeaders(Headers& headers, End end) override;
  void OnRequestData(Buffer& data, End end) override;
  void OnRequestTrailers(Headers& trailers) override;
  void Cancel() override;

 private:
  enum class Method : uint8_t { kFetch, kStream, kUnknown };
  static Method MethodOf(absl::string_view path);
  void PauseReading() override { client_is_slow_ = true; }
  void ResumeReading() override;
  void GoOn();
  void GoOnSoon();
  void OnMessage();
  void OnRequestEnd();
  void Release(size_t bytes);
  bool Respond();
  void Finish(const absl::Status& status);

  const AdminHandler& pages_;
  ResponseSink& sink_;
  Method method_ = Method::kUnknown;
  Buffer in_;            // messages that wait, and what there is of the next one
  size_t counted_ = 0;   // bytes of in_ that hold the client back
  std::string message_;  // the last that came
  uint64_t messages_ = 0;
  bool request_ended_ = false;
  bool client_is_slow_ = false;
  bool waits_for_turn_ = false;
  bool has_head_ = false;  // the response
  bool done_ = false;
};

}  // namespace sluice
