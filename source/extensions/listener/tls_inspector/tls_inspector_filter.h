// TlsInspectorFilter: finds out whether a connection opens with TLS, which server it asks for and
// which protocols it offers, for the choice of its filter chain. Takes no bytes. One instance per
// connection, on its worker.
#pragma once

#include <cstddef>
#include <memory>

#include "source/extensions/listener/tls_inspector/tls_inspector_config.h"
#include "source/sdk/listener_filter.h"
#include "source/tls/client_hello.h"

namespace sluice {

class TlsInspectorFilter final : public ListenerFilter {
 public:
  TlsInspectorFilter(const TlsInspectorStats& stats, WorkerContext& worker)
      : stats_(stats), worker_(worker) {}

  size_t peek_bytes_max() const override { return ClientHelloLimits().bytes_max; }
  ListenerVerdict OnBytes(absl::string_view bytes, IoHandle& io, AcceptedFacts& facts,
                          size_t& consume) override;

 private:
  const TlsInspectorStats& stats_;
  WorkerContext& worker_;
};

class TlsInspectorFilterFactory final : public ListenerFilterFactory {
 public:
  explicit TlsInspectorFilterFactory(const TlsInspectorStats& stats) : stats_(stats) {}
  std::unique_ptr<ListenerFilter> Create(WorkerContext& worker) const override {
    return std::make_unique<TlsInspectorFilter>(stats_, worker);
  }

 private:
  const TlsInspectorStats stats_;
};

}  // namespace sluice
