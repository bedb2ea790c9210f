#include "source/extensions/http/compressor/compressor_filter.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "source/http/header_names.h"

namespace sluice {
namespace {

constexpr absl::string_view kAcceptEncoding = "accept-encoding";
constexpr absl::string_view kContentEncoding = "content-encoding";
constexpr absl::string_view kContentRange = "content-range";
constexpr absl::string_view kVary = "vary";
constexpr absl::string_view kEtag = "etag";
constexpr size_t kTypeBytesMax = 128;

bool Lists(const Headers& headers, absl::string_view name, absl::string_view token) {
  for (const Header& header : headers) {
    if (header.name != name) continue;
    for (const absl::string_view entry : absl::StrSplit(header.value, ',')) {
      if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(entry), token)) return true;
    }
  }
  return false;
}

// RFC 9110 section 12.5.5: caches keep the two apart.
void AddVary(Headers& headers) {
  if (Lists(headers, kVary, "*") || Lists(headers, kVary, kAcceptEncoding)) return;
  headers.AddReference(kVary, HeaderId::kUnknown, kAcceptEncoding);
}

// RFC 9110 section 8.8.3: a strong one names these very bytes.
void RemoveStrongEtag(Headers& headers) {
  const Header* const etag = headers.Find(kEtag);
  if (etag != nullptr && !absl::StartsWith(etag->value, "W/")) headers.Remove(kEtag);
}

bool HasLengthBelow(const Headers& headers, uint64_t least) {
  uint64_t length = 0;
  return headers.Has(HeaderId::kContentLength) &&
         absl::SimpleAtoi(headers.Get(HeaderId::kContentLength), &length) && length < least;
}

bool IsListed(const absl::flat_hash_set<std::string>& types, absl::string_view type) {
  type = absl::StripAsciiWhitespace(type.substr(0, type.find(';')));
  if (type.size() > kTypeBytesMax) return false;
  char lower[kTypeBytesMax];
  for (size_t i = 0; i < type.size(); ++i) {
    lower[i] = absl::ascii_tolower(static_cast<unsigned char>(type[i]));
  }
  return types.contains(absl::string_view(lower, type.size()));
}

}  // namespace

Verdict CompressorFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End) {
  // A tunnel's bytes are nobody's content, and a response to HEAD has none (RFC 9110
  // section 9.3.2).
  const bool has_no_content =
      context.upgrade() != nullptr || headers.Get(HeaderId::kMethod) == "HEAD";
  if (has_no_content) return Verdict::kDetach;
  AcceptedEncodings accepted;
  for (const Header& header : headers) {
    if (header.name == kAcceptEncoding) accepted.Add(header.value);
  }
  choice_ = accepted.choice();
  if (config_.remove_accept_encoding) headers.Remove(kAcceptEncoding);
  return Verdict::kContinue;
}

Verdict CompressorFilter::OnResponseHeaders(FilterContext& context, Headers& headers, End end) {
  StatCells& cells = context.worker().stats;
  if (end == End::kYes || !IsCompressible(cells, headers)) {
    stats_.not_compressed.Add(cells);
    return Verdict::kContinue;
  }
  // Whoever asks for it otherwise may get it otherwise.
  AddVary(headers);
  CountChoice(cells);
  if (choice_ != EncodingChoice::kGzip && choice_ != EncodingChoice::kWildcard) {
    stats_.not_compressed.Add(cells);
    return Verdict::kContinue;
  }
  stats_.compressed.Add(cells);
  RemoveStrongEtag(headers);
  headers.Remove(HeaderId::kContentLength);
  headers.AddReference(kContentEncoding, HeaderId::kUnknown, "gzip");
  gzip_ = context.arena().New<GzipStream>(config_.gzip, context.arena());
  return Verdict::kContinue;
}

bool CompressorFilter::IsCompressible(StatCells& cells, const Headers& headers) const {
  if (HasLengthBelow(headers, config_.content_length_min)) {
    stats_.content_length_too_small.Add(cells);
    return false;
  }
  if (config_.disable_on_etag && headers.Find(kEtag) != nullptr) {
    stats_.not_compressed_etag.Add(cells);
    return false;
  }
  const absl::string_view type = headers.Get(HeaderId::kContentType);
  if (!type.empty() && !IsListed(config_.content_types, type)) return false;
  // A part of what is not compressed is no part of what is (RFC 9110 section 14.4).
  if (headers.Get(HeaderId::kStatus) == "206" || headers.Find(kContentRange) != nullptr)
    return false;
  // RFC 9111 section 5.2.2.6.
  return headers.Find(kContentEncoding) == nullptr &&
         !Lists(headers, HeaderNameText(HeaderId::kCacheControl), "no-transform");
}

void CompressorFilter::CountChoice(StatCells& cells) const {
  switch (choice_) {
    case EncodingChoice::kNotAsked:
      return stats_.no_accept_header.Add(cells);
    case EncodingChoice::kGzip:
      return stats_.header_compressor_used.Add(cells);
    case EncodingChoice::kWildcard:
      return stats_.header_wildcard.Add(cells);
    case EncodingChoice::kIdentity:
      return stats_.header_identity.Add(cells);
    case EncodingChoice::kNotValid:
      return stats_.header_not_valid.Add(cells);
  }
}

Verdict CompressorFilter::OnResponseData(FilterContext& context, Buffer& data, End end) {
  if (gzip_ == nullptr) return Verdict::kContinue;
  Buffer out(data.pool());
  Compress(context, data, end, out);
  data = std::move(out);
  return Verdict::kContinue;
}

// RFC 9110 section 6.5.1 lets an intermediary discard trailers; what ends the compressed body is
// needed.
Verdict CompressorFilter::OnResponseTrailers(FilterContext& context, Headers&) {
  if (gzip_ == nullptr) return Verdict::kContinue;
  Compress(context, Buffer(context.tail().pool()), End::kYes, context.tail());
  return Verdict::kContinue;
}

void CompressorFilter::Compress(FilterContext& context, const Buffer& data, End end, Buffer& out) {
  const size_t before = out.size();
  gzip_->Write(data, end, out);
  stats_.total_uncompressed_bytes.Add(context.worker().stats, data.size());
  stats_.total_compressed_bytes.Add(context.worker().stats, out.size() - before);
}

}  // namespace sluice
