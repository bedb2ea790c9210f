// CorsFilter: answers a browser's preflight requests, and marks responses to the origins that a
// route allows. One instance per stream, on the stream's worker; the factory and the policies are
// shared and const.
#pragma once

#include "absl/strings/string_view.h"
#include "source/base/arena.h"
#include "source/base/units.h"
#include "source/extensions/http/cors/cors_config.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class CorsFilter final : public HttpFilter {
 public:
  explicit CorsFilter(const CorsStats& stats) : stats_(stats) {}

  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override;

 private:
  const CorsStats& stats_;              // of the factory, which outlives the stream
  const CorsPolicy* policy_ = nullptr;  // of the stream's route; null until its origin is allowed
  absl::string_view origin_;
};

class CorsFilterFactory final : public HttpFilterFactory {
 public:
  explicit CorsFilterFactory(const CorsStats& stats) : stats_(stats) {}

  Interest interests() const override {
    return Interest::kRequestHeaders | Interest::kResponseHeaders;
  }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<CorsFilter>(stats_));
  }

 private:
  const CorsStats stats_;
};

}  // namespace sluice
