// Configuration of where resources come from: envoy.config.core.v3.ConfigSource and the services
// behind it. Main thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "source/base/units.h"
#include "source/config/field_scope.h"
#include "source/grpc/channel_spec.h"
#include "source/xds/dialect.h"
#include "source/xds/request_rate.h"

namespace sluice {

// A control plane that is polled over HTTP.
struct RestPlace {
  std::vector<std::string> clusters;  // one after another, when one fails
  Duration refresh_delay;
  Duration request_timeout;
};

// How a control plane is spoken to.
struct ApiSource {
  std::optional<RestPlace> rest;  // none: by a stream, as the rest says
  const Dialect* dialect = nullptr;
  // Read anew for each connection, as certificates change; the status says what cannot be read.
  std::function<absl::StatusOr<ChannelSpec>()> channel;
  bool node_once = false;
  std::optional<RequestRate::Settings> rate = std::nullopt;  // none: without a limit
};

// As `proto` says; nullopt, and an error, where it says something that cannot be. Clusters that it
// names are those of `bootstrap`, which is where a stream may begin before anything is discovered.
std::optional<ApiSource> ReadApiSource(const envoy::config::core::v3::ApiConfigSource& proto,
                                       const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                                       const FieldScope& scope);

// Whether it asks for the stream that several kinds share, which ads_config alone describes.
bool IsAggregated(const envoy::config::core::v3::ApiConfigSource& proto);

// How long the first answer is waited for: 15 s where it is not said; zero: without end.
Duration FetchTimeoutOf(const envoy::config::core::v3::ConfigSource& proto,
                        const FieldScope& scope);

}  // namespace sluice
