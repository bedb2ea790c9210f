// HttpInspectorFilter: finds out which HTTP a plaintext connection speaks, for the choice of its
// filter chain. Takes no bytes. One instance per connection, on its worker.
#pragma once

#include <cstddef>
#include <memory>

#include "source/base/units.h"
#include "source/extensions/listener/http_inspector/http_inspector_config.h"
#include "source/sdk/listener_filter.h"

namespace sluice {

class HttpInspectorFilter final : public ListenerFilter {
 public:
  // As many as a request line may have, as Envoy.
  static constexpr size_t kBytesMax = 64_KiB;
  HttpInspectorFilter(const HttpInspectorStats& stats, WorkerContext& worker)
      : stats_(stats), worker_(worker) {}

  size_t peek_bytes_max() const override { return kBytesMax; }
  ListenerVerdict OnBytes(absl::string_view bytes, IoHandle& io, AcceptedFacts& facts,
                          size_t& consume) override;

 private:
  const HttpInspectorStats& stats_;
  WorkerContext& worker_;
};

class HttpInspectorFilterFactory final : public ListenerFilterFactory {
 public:
  explicit HttpInspectorFilterFactory(const HttpInspectorStats& stats) : stats_(stats) {}
  std::unique_ptr<ListenerFilter> Create(WorkerContext& worker) const override {
    return std::make_unique<HttpInspectorFilter>(stats_, worker);
  }

 private:
  const HttpInspectorStats stats_;
};

}  // namespace sluice
