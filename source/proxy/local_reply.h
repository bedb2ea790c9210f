// Local replies: how a Reply becomes a response, in HTTP or as a gRPC status, and the mappers of
// HCM.local_reply_config which may change its status, body and headers. Pure; the rules are const.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/accesslog/access_log.h"
#include "source/accesslog/access_log_filter.h"
#include "source/accesslog/line_format.h"
#include "source/http/headers.h"
#include "source/proxy/proxy_worker.h"
#include "source/route/header_edits.h"
#include "source/sdk/reply.h"

namespace sluice {

// A body_format, with its content type.
struct ReplyBodyFormat {
  LineFormat format;
  std::string content_type;
};

struct LocalReplyMapper {
  std::unique_ptr<const AccessLogFilter> filter;  // the first mapper whose filter says yes is taken
  std::optional<uint16_t> status;
  std::optional<std::string> body;
  HeaderEdits header_edits;
  std::optional<ReplyBodyFormat> body_format;
};

struct LocalReplyRules {
  std::vector<LocalReplyMapper> mappers;
  std::optional<ReplyBodyFormat> body_format;  // for replies that no mapper formats
};

// True for application/grpc and its +variants.
bool IsGrpcRequest(const Headers& request);
// The gRPC status for an HTTP status that says nothing about gRPC (gRPC's
// http-grpc-status-mapping).
int GrpcStatusOf(uint16_t http_status);

// Fills `response` with the head of the reply and returns its body, which lives in the response's
// arena. `info` has the code and details of the reply when this returns.
absl::string_view BuildLocalReply(const LocalReplyRules& rules, const Reply& reply,
                                  const Headers& request, StreamInfo& info, ProxyWorker& worker,
                                  Headers& response);

}  // namespace sluice
