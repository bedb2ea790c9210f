// CompressorFilter: compresses bodies of responses for clients that take gzip. One instance per
// stream, on the stream's worker; the factory and its configuration are shared and const.
#pragma once

#include <utility>

#include "absl/strings/string_view.h"
#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/units.h"
#include "source/extensions/http/compressor/accept_encoding.h"
#include "source/extensions/http/compressor/compressor_config.h"
#include "source/extensions/http/compressor/gzip_stream.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class CompressorFilter final : public HttpFilter {
 public:
  CompressorFilter(const CompressorConfig& config, const CompressorStats& stats)
      : config_(config), stats_(stats) {}

  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseData(FilterContext& context, Buffer& data, End end) override;
  Verdict OnResponseTrailers(FilterContext& context, Headers& trailers) override;

 private:
  bool IsCompressible(StatCells& cells, const Headers& headers) const;
  void CountChoice(StatCells& cells) const;
  void Compress(FilterContext& context, const Buffer& data, End end, Buffer& out);

  const CompressorConfig& config_;  // of the factory, which outlives the stream
  const CompressorStats& stats_;
  EncodingChoice choice_ = EncodingChoice::kNotAsked;
  GzipStream* gzip_ = nullptr;  // in the stream's arena; null: the response goes as it is
};

class CompressorFactory final : public HttpFilterFactory {
 public:
  CompressorFactory(CompressorConfig config, const CompressorStats& stats)
      : config_(std::move(config)), stats_(stats) {}

  Interest interests() const override {
    return Interest::kRequestHeaders | Interest::kResponseHeaders | Interest::kResponseData |
           Interest::kResponseTrailers;
  }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<CompressorFilter>(config_, stats_));
  }

 private:
  const CompressorConfig config_;
  const CompressorStats stats_;
};

}  // namespace sluice
