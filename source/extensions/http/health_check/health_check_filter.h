// HealthCheckFilter: answers health checks of this proxy, and tells probers, by other answers, when
// it is to get nothing more. One instance per stream, on the stream's worker; the factory and its
// configuration are shared and const.
#pragma once

#include <utility>

#include "source/base/arena.h"
#include "source/base/units.h"
#include "source/extensions/http/health_check/health_check_config.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/reply.h"
#include "source/sdk/verdict.h"

namespace sluice {

class HealthCheckFilter final : public HttpFilter {
 public:
  explicit HealthCheckFilter(const HealthCheckConfig& config) : config_(config) {}

  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override;

 private:
  bool IsCheck(const Headers& headers) const;
  void Answer(FilterContext& context, bool fails);

  const HealthCheckConfig& config_;  // of the factory, which outlives the stream
  bool is_check_ = false;
  ReplyField field_{};  // of the answer
};

class HealthCheckFactory final : public HttpFilterFactory {
 public:
  explicit HealthCheckFactory(HealthCheckConfig config) : config_(std::move(config)) {}

  Interest interests() const override {
    return Interest::kRequestHeaders | Interest::kResponseHeaders;
  }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override;

 private:
  const HealthCheckConfig config_;
};

}  // namespace sluice
