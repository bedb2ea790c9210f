#include "source/proxy/local_reply.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

const LocalReplyMapper* FindMapper(const LocalReplyRules& rules, const FormatContext& context) {
  for (const LocalReplyMapper& mapper : rules.mappers) {
    if (mapper.filter == nullptr || mapper.filter->Matches(context)) return &mapper;
  }
  return nullptr;
}

// gRPC over HTTP/2 and its "trailers-only" answer: the status is a header of a 200 without a body.
void BuildGrpcHead(const Reply& reply, absl::string_view message, Headers& response) {
  const int status = reply.grpc_status >= 0 ? reply.grpc_status : GrpcStatusOf(reply.status);
  response.AddReference(HeaderId::kStatus, "200");
  response.AddReference(HeaderId::kContentType, "application/grpc");
  response.Add(HeaderId::kGrpcStatus, absl::StrCat(status));
  if (!message.empty()) response.Add(HeaderId::kGrpcMessage, message);
}

void BuildHttpHead(uint16_t status, absl::string_view content_type, absl::string_view location,
                   size_t body_bytes, Headers& response) {
  response.Add(HeaderId::kStatus, absl::StrCat(status));
  if (!location.empty()) response.AddReference(HeaderId::kLocation, location);
  // RFC 9110 section 8.6: 1xx and 204 carry no length.
  if (status != 204 && status >= 200)
    response.Add(HeaderId::kContentLength, absl::StrCat(body_bytes));
  if (body_bytes > 0) response.Add(HeaderId::kContentType, content_type);
}

}  // namespace

bool IsGrpcRequest(const Headers& request) {
  const absl::string_view type = request.Get(HeaderId::kContentType);
  constexpr absl::string_view kGrpc = "application/grpc";
  if (!absl::StartsWithIgnoreCase(type, kGrpc)) return false;
  return type.size() == kGrpc.size() || type[kGrpc.size()] == '+' || type[kGrpc.size()] == ';';
}

int GrpcStatusOf(uint16_t http_status) {
  switch (http_status) {
    case 400:
      return 13;  // INTERNAL
    case 401:
      return 16;  // UNAUTHENTICATED
    case 403:
      return 7;  // PERMISSION_DENIED
    case 404:
      return 12;  // UNIMPLEMENTED
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;  // UNAVAILABLE
    default:
      return 2;  // UNKNOWN
  }
}

absl::string_view BuildLocalReply(const LocalReplyRules& rules, const Reply& reply,
                                  const Headers& request, StreamInfo& info, ProxyWorker& worker,
                                  Headers& response) {
  Arena& arena = response.arena();
  info.response_code = reply.status;
  info.response_code_details = reply.details;
  FormatContext context{.info = info,
                        .request = &request,
                        .response = &response,
                        .local_reply_body = reply.body,
                        .now = worker.context().loop.wall_now()};
  const LocalReplyMapper* const mapper = FindMapper(rules, context);
  if (mapper != nullptr) {
    if (mapper->status.has_value()) info.response_code = *mapper->status;
    if (mapper->body.has_value()) context.local_reply_body = *mapper->body;
  }
  response.Clear();
  if (IsGrpcRequest(request)) {
    BuildGrpcHead(reply, context.local_reply_body, response);
    return {};
  }
  absl::string_view body = context.local_reply_body;
  absl::string_view content_type = reply.content_type.empty() ? "text/plain" : reply.content_type;
  const ReplyBodyFormat* format = nullptr;
  if (mapper != nullptr && mapper->body_format.has_value()) format = &*mapper->body_format;
  if (format == nullptr && rules.body_format.has_value()) format = &*rules.body_format;
  if (format != nullptr) {
    std::string& scratch = worker.scratch();
    scratch.clear();
    format->format.Append(context, scratch);
    body = arena.Copy(scratch);
    content_type = format->content_type;
  }
  BuildHttpHead(info.response_code, content_type, reply.location, body.size(), response);
  for (const ReplyField& field : reply.fields) {
    field.name == HeaderId::kUnknown
        ? response.AddReference(field.other, HeaderId::kUnknown, field.value)
        : response.AddReference(field.name, field.value);
  }
  for (const HeaderEdits* edits : reply.header_edits)
    edits->Apply(response, context, worker.scratch());
  if (mapper != nullptr) mapper->header_edits.Apply(response, context, worker.scratch());
  return body;
}

}  // namespace sluice
