#include "source/extensions/http/health_check/health_check_filter.h"

#include "absl/algorithm/container.h"

namespace sluice {
namespace {

constexpr ReplyField kFail = {HeaderId::kXEnvoyImmediateHealthCheckFail, "True"};

bool Fails(const HealthCheckConfig& config) {
  return config.process.fails_health_checks.load(std::memory_order_relaxed);
}

}  // namespace

bool HealthCheckFilter::IsCheck(const Headers& headers) const {
  return absl::c_all_of(config_.headers,
                        [&](const HeaderMatch& match) { return match.Matches(headers); });
}

void HealthCheckFilter::Answer(FilterContext& context, bool fails) {
  Reply& reply = context.reply();
  reply.status = fails ? 503 : 200;
  reply.details = fails ? "health_check_failed" : "health_check_ok";
  field_ = fails ? kFail
                 : ReplyField{HeaderId::kXEnvoyUpstreamHealthcheckedCluster,
                              config_.process.node_cluster};
  reply.fields = absl::MakeConstSpan(&field_, 1);
  if (fails) context.info().flags.Set(ResponseFlag::kFailedLocalHealthCheck);
}

Verdict HealthCheckFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End) {
  is_check_ = IsCheck(headers);
  if (!is_check_) return Verdict::kContinue;
  const bool fails = Fails(config_);
  if (config_.passes_through && !fails) return Verdict::kContinue;
  Answer(context, fails);
  return Verdict::kReply;
}

Verdict HealthCheckFilter::OnResponseHeaders(FilterContext&, Headers& headers, End) {
  if (is_check_) {
    headers.Set(HeaderId::kXEnvoyUpstreamHealthcheckedCluster, config_.process.node_cluster);
  } else if (Fails(config_)) {
    headers.Set(kFail.name, kFail.value);
  }
  return Verdict::kContinue;
}

ArenaPtr<HttpFilter> HealthCheckFactory::Create(Arena& arena) const {
  return ArenaPtr<HttpFilter>(arena.New<HealthCheckFilter>(config_));
}

}  // namespace sluice
