// The configuration of compressor as a value. The .cc beside it is the only file of the extension
// that sees its protos. Main thread, when configuration is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/compressor/gzip_stream.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/registry.h"
#include "source/stats/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

struct CompressorConfig {
  GzipSettings gzip;
  uint64_t content_length_min = 30;
  absl::flat_hash_set<std::string> content_types;  // lower case
  bool disable_on_etag = false;
  bool remove_accept_encoding = false;
};

struct CompressorStats {
  // `prefix`: with a dot, "http.ingress.compressor.gzip.gzip.response.".
  CompressorStats(StatsRegistry& stats, const std::string& prefix);
  Counter compressed, not_compressed, total_uncompressed_bytes, total_compressed_bytes;
  Counter no_accept_header, header_identity, header_compressor_used, header_wildcard;
  Counter header_not_valid, content_length_too_small, not_compressed_etag;
};

// Null, with the errors in `scope`, where the configuration is no good.
std::unique_ptr<const HttpFilterFactory> ParseCompressor(const google::protobuf::Message& message,
                                                         const ExtensionContext& context,
                                                         const FieldScope& scope);

void AddCompressor(Registry& registry);

}  // namespace sluice
