// UpgradeFilter: decides whether a request may leave HTTP, by the upgrade_configs of its route and
// of its connection manager. Only streams that ask for an upgrade have one.
#pragma once

#include "source/http/websocket/policy.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/stats/counter.h"

namespace sluice {

struct UpgradeFilterConfig {
  Counter denied;  // http.<prefix>.downstream_rq_ws_on_non_ws_route, as in Envoy of every type
  WebSocketPolicy websocket;  // of tunnels whose route has none
};

class UpgradeFilter final : public HttpFilter {
 public:
  explicit UpgradeFilter(const UpgradeFilterConfig& config) : config_(config) {}
  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;

 private:
  const UpgradeFilterConfig& config_;
};

class UpgradeFilterFactory final : public HttpFilterFactory {
 public:
  explicit UpgradeFilterFactory(const UpgradeFilterConfig& config) : config_(config) {}
  Interest interests() const override {
    return Interest::kRequestHeaders | Interest::kUpgradesOnly;
  }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<UpgradeFilter>(config_));
  }

 private:
  const UpgradeFilterConfig config_;
};

}  // namespace sluice
