// ProxyProtocolFilter: takes a PROXY protocol header from the front of a connection and says whose
// connection it is. One instance per connection, on its worker.
#pragma once

#include <cstddef>
#include <memory>

#include "source/extensions/listener/proxy_protocol/proxy_protocol_config.h"
#include "source/sdk/listener_filter.h"

namespace sluice {

class ProxyProtocolFilter final : public ListenerFilter {
 public:
  ProxyProtocolFilter(const ProxyProtocolConfig& config, WorkerContext& worker)
      : config_(config), worker_(worker) {}

  size_t peek_bytes_max() const override { return bytes_wanted_; }
  ListenerVerdict OnBytes(absl::string_view bytes, IoHandle& io, AcceptedFacts& facts,
                          size_t& consume) override;

 private:
  ListenerVerdict OnNone(absl::string_view bytes);
  void KeepTlvs(absl::string_view tlvs, AcceptedFacts& facts) const;

  // All of version 1, and of version 2 what headers without TLVs need.
  static constexpr size_t kFirstLookBytes = 128;
  const ProxyProtocolConfig& config_;
  WorkerContext& worker_;
  size_t bytes_wanted_ = kFirstLookBytes;
};

class ProxyProtocolFilterFactory final : public ListenerFilterFactory {
 public:
  explicit ProxyProtocolFilterFactory(const ProxyProtocolConfig& config) : config_(config) {}
  std::unique_ptr<ListenerFilter> Create(WorkerContext& worker) const override {
    return std::make_unique<ProxyProtocolFilter>(config_, worker);
  }

 private:
  const ProxyProtocolConfig config_;
};

}  // namespace sluice
