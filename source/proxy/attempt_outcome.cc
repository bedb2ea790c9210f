// What an Attempt tells about its host: statistics, and outlier detection.
#include <iterator>

#include "absl/strings/numbers.h"
#include "source/proxy/attempt.h"

namespace sluice {
namespace {

// What a gRPC status is worth among those of HTTP, as
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto has it.
uint32_t HttpStatusOfGrpc(absl::string_view text) {
  constexpr uint16_t kStatuses[] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                    400, 409, 400, 501, 500, 503, 500, 401};
  uint32_t status = 0;
  if (!absl::SimpleAtoi(text, &status) || status >= std::size(kStatuses)) return 500;
  return kStatuses[status];
}

}  // namespace

void Attempt::CountTimeout() {
  if (done_) return;  // it has answered, and host and cluster may be gone
  host_.rq_timeout.fetch_add(1, std::memory_order_relaxed);
  CountHostError();
  if (OutlierMonitor* const outliers = cluster_.outliers()) outliers->OnTimeout(host_);
}

// An answer that has begun was counted by its status.
void Attempt::CountHostError() {
  if (!response_started_) host_.rq_error.fetch_add(1, std::memory_order_relaxed);
}

void Attempt::CountResponse(const Headers& response, uint32_t code) {
  if (OutlierMonitor* const outliers = cluster_.outliers()) {
    const absl::string_view grpc_status = response.Get(HeaderId::kGrpcStatus);
    outliers->OnStatus(host_, grpc_status.empty() ? code : HttpStatusOfGrpc(grpc_status));
  }
  StatCells& cells = worker_.stats;
  const bool error = code >= 500;
  (error ? host_.rq_error : host_.rq_success).fetch_add(1, std::memory_order_relaxed);
  switch (code / 100) {
    case 1:
      return stats().rq_1xx.Add(cells);
    case 2:
      return stats().rq_2xx.Add(cells);
    case 3:
      return stats().rq_3xx.Add(cells);
    case 4:
      return stats().rq_4xx.Add(cells);
    case 5:
      return stats().rq_5xx.Add(cells);
    default:
      return;
  }
}

// What a log may still want to know of the connection.
void Attempt::KeepLocalAddress() {
  if (abandoned_ || info_.upstream_io == nullptr) return;  // of an abandoned one it is kept
  local_address_.reset(state_.arena().New<const Address>(info_.upstream_io->local_address()));
  info_.upstream_local_kept = local_address_.get();
  info_.upstream_io = nullptr;
}

}  // namespace sluice
