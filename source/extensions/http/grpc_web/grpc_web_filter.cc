#include "source/extensions/http/grpc_web/grpc_web_filter.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "source/http/header_names.h"

namespace sluice {
namespace {

constexpr absl::string_view kGrpc = "application/grpc";
constexpr absl::string_view kWeb = "application/grpc-web";
constexpr absl::string_view kWebText = "application/grpc-web-text";

bool TakePrefix(absl::string_view& text, absl::string_view prefix) {
  if (!absl::StartsWithIgnoreCase(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A media type without its parameters.
absl::string_view Bare(absl::string_view type) {
  return absl::StripAsciiWhitespace(type.substr(0, type.find(';')));
}

// How the messages are coded: what follows the type, as "+proto", or nothing. None: it is another
// type.
std::optional<absl::string_view> CodingOf(absl::string_view type, absl::string_view of) {
  absl::string_view rest = Bare(type);
  if (!TakePrefix(rest, of) || (!rest.empty() && rest[0] != '+')) return std::nullopt;
  return rest;
}

// The form that the client wants, where it says so.
std::optional<bool> WantsText(absl::string_view accept) {
  for (const absl::string_view type : absl::StrSplit(accept, ',')) {
    if (CodingOf(type, kWebText).has_value()) return true;
    if (CodingOf(type, kWeb).has_value()) return false;
  }
  return std::nullopt;
}

void AppendFrame(const Headers& trailers, std::string& frame) {
  constexpr size_t kPrefixBytes = 5;
  constexpr char kTrailers = '\x80';
  frame.assign(kPrefixBytes, kTrailers);
  for (const Header& trailer : trailers) {
    absl::StrAppend(&frame, trailer.name, ": ", trailer.value, "\r\n");
  }
  const size_t size = frame.size() - kPrefixBytes;
  for (size_t i = 1; i < kPrefixBytes; ++i) {
    frame[i] = static_cast<char>(size >> 8 * (kPrefixBytes - 1 - i) & 0xff);
  }
}

}  // namespace

Verdict GrpcWebFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End) {
  const absl::string_view type = headers.Get(HeaderId::kContentType);
  std::optional<absl::string_view> coding = CodingOf(type, kWebText);
  request_is_text_ = coding.has_value();
  if (!request_is_text_) coding = CodingOf(type, kWeb);
  if (!coding.has_value()) return Verdict::kDetach;
  asked_type_ = context.arena().Copy(type);
  response_is_text_ = WantsText(headers.Get(HeaderId::kAccept)).value_or(request_is_text_);
  std::string& scratch = context.scratch();
  scratch.clear();
  absl::StrAppend(&scratch, kGrpc, *coding);
  headers.Set(HeaderId::kContentType, scratch);
  headers.SetReference(HeaderId::kTe, "trailers");
  headers.Remove(HeaderId::kContentLength);
  return Verdict::kContinue;
}

Verdict GrpcWebFilter::OnRequestData(FilterContext& context, Buffer& data, End end) {
  if (!request_is_text_) return Verdict::kContinue;
  Buffer bytes(data.pool());
  if (!reader_.Read(data, bytes)) return RefuseRequest(context, "grpc_base_64_decode_failed");
  if (end == End::kYes && !reader_.at_end_of_quartet())
    return RefuseRequest(context, "grpc_base_64_decode_failed_bad_size");
  data = std::move(bytes);
  return Verdict::kContinue;
}

Verdict GrpcWebFilter::OnRequestTrailers(FilterContext& context, Headers&) {
  if (request_is_text_ && !reader_.at_end_of_quartet())
    return RefuseRequest(context, "grpc_base_64_decode_failed_bad_size");
  return Verdict::kContinue;
}

// The client has not spoken gRPC, and is not answered as if it had.
Verdict GrpcWebFilter::RefuseRequest(FilterContext& context, absl::string_view details) {
  context.request_headers().SetReference(HeaderId::kContentType, asked_type_);
  context.reply() = {
      .status = 400, .body = "Bad gRPC-web request, invalid base64 data.", .details = details};
  return Verdict::kReply;
}

Verdict GrpcWebFilter::OnResponseHeaders(FilterContext& context, Headers& headers, End) {
  if (asked_type_.empty()) return Verdict::kContinue;
  const auto coding = CodingOf(headers.Get(HeaderId::kContentType), kGrpc);
  response_is_grpc_ = coding.has_value();
  if (!response_is_grpc_) return Verdict::kContinue;
  std::string& scratch = context.scratch();
  scratch.clear();
  absl::StrAppend(&scratch, response_is_text_ ? kWebText : kWeb,
                  coding->empty() ? "+proto" : *coding);
  headers.Set(HeaderId::kContentType, scratch);
  headers.Remove(HeaderId::kContentLength);
  return Verdict::kContinue;
}

// Padded each time, so that no message waits for the next.
Verdict GrpcWebFilter::OnResponseData(FilterContext&, Buffer& data, End) {
  if (!response_is_grpc_ || !response_is_text_) return Verdict::kContinue;
  Buffer text(data.pool());
  AppendBase64(data, text);
  data = std::move(text);
  return Verdict::kContinue;
}

Verdict GrpcWebFilter::OnResponseTrailers(FilterContext& context, Headers& trailers) {
  if (!response_is_grpc_) return Verdict::kContinue;
  std::string& scratch = context.scratch();
  AppendFrame(trailers, scratch);
  if (!response_is_text_) {
    context.tail().Append(scratch);
    return Verdict::kContinue;
  }
  Buffer frame(context.tail().pool());
  frame.Append(scratch);
  AppendBase64(frame, context.tail());
  return Verdict::kContinue;
}

Interest GrpcWebFactory::interests() const {
  return Interest::kRequestHeaders | Interest::kRequestData | Interest::kRequestTrailers |
         Interest::kResponseHeaders | Interest::kResponseData | Interest::kResponseTrailers;
}

}  // namespace sluice
