#include "source/extensions/http/compressor/compressor_config.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "envoy/extensions/compression/gzip/compressor/v3/gzip.pb.h"
#include "envoy/extensions/filters/http/compressor/v3/compressor.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"
#include "source/extensions/http/compressor/compressor_filter.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::compressor::v3;
using GzipProto = ::envoy::extensions::compression::gzip::compressor::v3::Gzip;

// Envoy's, with the older names of some.
constexpr const char* kDefaultTypes[] = {"application/javascript",
                                         "application/x-javascript",
                                         "text/javascript",
                                         "text/x-javascript",
                                         "text/ecmascript",
                                         "text/js",
                                         "text/jscript",
                                         "text/x-js",
                                         "application/ecmascript",
                                         "application/x-json",
                                         "application/xml",
                                         "application/json",
                                         "image/svg+xml",
                                         "text/xml",
                                         "application/xhtml+xml",
                                         "text/css",
                                         "text/html",
                                         "text/plain"};

// The enumeration's numbers are zlib's.
GzipSettings ReadGzip(const GzipProto& proto, const FieldScope& scope) {
  GzipSettings settings;
  const auto level = static_cast<int>(proto.compression_level());
  if (level < 0 || level > 9) scope.At("compression_level").Error("is not one that zlib has");
  settings.level = level == 0 ? Z_DEFAULT_COMPRESSION : level;
  settings.strategy = static_cast<int>(proto.compression_strategy());
  if (settings.strategy < 0 || settings.strategy > Z_FIXED)
    scope.At("compression_strategy").Error("is not one that zlib has");
  settings.window_bits =
      static_cast<int>(UInt32Or(proto, "window_bits", 12, scope, {.min = 9, .max = 15}));
  settings.memory_level =
      static_cast<int>(UInt32Or(proto, "memory_level", 5, scope, {.min = 1, .max = 9}));
  return settings;
}

void ReadResponses(const pb::Compressor::ResponseDirectionConfig& proto, const FieldScope& scope,
                   CompressorConfig& config) {
  const auto& common = proto.common_config();
  const FieldScope at = scope.At("common_config");
  config.content_length_min =
      UInt32Or(common, "min_content_length", static_cast<uint32_t>(config.content_length_min), at);
  for (const std::string& type : common.content_type()) {
    config.content_types.insert(absl::AsciiStrToLower(type));
  }
  config.disable_on_etag = proto.disable_on_etag_header();
  config.remove_accept_encoding = proto.remove_accept_encoding_header();
}

}  // namespace

CompressorStats::CompressorStats(StatsRegistry& stats, const std::string& prefix)
    : compressed(stats.GetCounter(prefix + "compressed")),
      not_compressed(stats.GetCounter(prefix + "not_compressed")),
      total_uncompressed_bytes(stats.GetCounter(prefix + "total_uncompressed_bytes")),
      total_compressed_bytes(stats.GetCounter(prefix + "total_compressed_bytes")),
      no_accept_header(stats.GetCounter(prefix + "no_accept_header")),
      header_identity(stats.GetCounter(prefix + "header_identity")),
      header_compressor_used(stats.GetCounter(prefix + "header_compressor_used")),
      header_wildcard(stats.GetCounter(prefix + "header_wildcard")),
      header_not_valid(stats.GetCounter(prefix + "header_not_valid")),
      content_length_too_small(stats.GetCounter(prefix + "content_length_too_small")),
      not_compressed_etag(stats.GetCounter(prefix + "not_compressed_etag")) {}

std::unique_ptr<const HttpFilterFactory> ParseCompressor(const google::protobuf::Message& message,
                                                         const ExtensionContext& context,
                                                         const FieldScope& scope) {
  const auto& proto = static_cast<const pb::Compressor&>(message);
  const size_t errors_before = scope.errors().size();
  CompressorConfig config;
  const FieldScope library = scope.At("compressor_library");
  const FieldScope typed_config = library.At("typed_config");
  if (!proto.has_compressor_library()) {
    library.Error("is required", "name a library, envoy.compression.gzip.compressor");
  } else if (const auto gzip =
                 Unpack<GzipProto>(proto.compressor_library().typed_config(), typed_config);
             gzip.has_value()) {
    config.gzip = ReadGzip(*gzip, typed_config);
  }
  ReadResponses(proto.response_direction_config(), scope.At("response_direction_config"), config);
  if (config.content_types.empty())
    config.content_types.insert(std::begin(kDefaultTypes), std::end(kDefaultTypes));
  if (scope.errors().size() != errors_before) return nullptr;
  const std::string prefix =
      absl::StrCat(context.stat_prefix, "compressor.", proto.compressor_library().name(), ".gzip.",
                   proto.has_response_direction_config() ? "response." : "");
  return std::make_unique<CompressorFactory>(std::move(config),
                                             CompressorStats(context.stats, prefix));
}

void AddCompressor(Registry& registry) {
  registry.AddHttpFilter(pb::Compressor::descriptor()->full_name(), ParseCompressor);
}

}  // namespace sluice
