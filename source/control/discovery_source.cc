#include "source/control/discovery_source.h"

#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/config/config_file.h"
#include "source/xds/discovery_stream.h"
#include "source/xds/file_source.h"
#include "source/xds/rest_source.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;

// `path` is deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const std::string& PathOf(const core::ConfigSource& proto) {
  return proto.has_path_config_source() ? proto.path_config_source().path() : proto.path();
}
#pragma GCC diagnostic pop

// Equal for sources that are the same server, asked in the same way.
std::string KeyOf(const core::ConfigSource& proto) {
  return proto.api_config_source().SerializeAsString();
}

}  // namespace

Discovery::Source* Discovery::Find(const core::ConfigSource& proto, const FieldScope& scope) {
  if (proto.has_ads() || proto.has_self()) {
    // What says "self" has come by the aggregated stream, or by one that can be named.
    if (ads_ != nullptr) return ads_.get();
    scope.Error("asks for the aggregated stream, and there is none",
                "dynamic_resources.ads_config says where it is");
    return nullptr;
  }
  if (!PathOf(proto).empty()) return FindFile(proto, scope);
  if (!proto.has_api_config_source()) {
    scope.Error("must be ads, an api_config_source or a path_config_source");
    return nullptr;
  }
  const std::string key = KeyOf(proto);
  if (const auto known = others_.find(key); known != others_.end()) return known->second.get();
  const FieldScope at = scope.At("api_config_source");
  if (IsAggregated(proto.api_config_source())) {
    at.At("api_type")
        .Error("is for dynamic_resources.ads_config alone",
               "use GRPC or DELTA_GRPC here, or say ads: {}");
    return nullptr;
  }
  const bool is_rest = proto.api_config_source().api_type() == core::ApiConfigSource::REST;
  if (!is_rest && parts_.open_channel == nullptr) {
    at.Error("needs gRPC, which this program has not");
    return nullptr;
  }
  auto api = ReadApiSource(proto.api_config_source(), bootstrap_, at);
  if (!api.has_value()) return nullptr;
  return (others_[key] = std::make_unique<Source>(*this, *std::move(api), false)).get();
}

Discovery::Source* Discovery::FindFile(const core::ConfigSource& proto, const FieldScope& scope) {
  const std::string& path = PathOf(proto);
  const std::string& folder = proto.path_config_source().watched_directory().path();
  const std::string& watched = folder.empty() ? path : folder;
  const std::string key = absl::StrCat(path, "\n", watched);
  if (const auto known = others_.find(key); known != others_.end()) return known->second.get();
  if (!FormatOfFile(path).has_value()) {
    scope.Error(absl::StrCat("\"", path, "\" says no notation"),
                "end it in .yaml, .json, .textproto or .pb");
    return nullptr;
  }
  auto source = std::make_unique<Source>(*this, std::nullopt, false);
  source->path = path;
  source->watched = watched;
  return (others_[key] = std::move(source)).get();
}

std::unique_ptr<ResourceSource> Discovery::MakeStream(Source& source) {
  if (!source.api.has_value()) {
    auto file = std::make_unique<FileSource>(parts_.main, source.path);
    const absl::Status status = file->Watch(parts_.files, source.watched);
    if (!status.ok()) {
      SLUICE_LOG(kConfig, kWarning, source.path, ": changes are not seen: ", status.message());
    }
    return file;
  }
  if (source.api->rest.has_value()) return MakePoll(source);
  const auto make_channel = [this, &source]() -> absl::StatusOr<std::unique_ptr<MessageChannel>> {
    absl::StatusOr<ChannelSpec> spec = source.api->channel();
    if (!spec.ok()) return spec.status();
    return parts_.open_channel(parts_.main.loop, *std::move(spec));
  };
  return std::make_unique<DiscoveryStream>(
      parts_.main, make_channel,
      DiscoveryStream::Settings{.dialect = *source.api->dialect,
                                .is_aggregated = source.is_aggregated,
                                .node = node(),
                                .node_once = source.api->node_once,
                                .rate = source.api->rate},
      stats_);
}

std::unique_ptr<ResourceSource> Discovery::MakePoll(Source& source) {
  const RestPlace& place = *source.api->rest;
  if (source.rest == nullptr) {
    source.rest =
        std::make_unique<RestClient>(parts_.main, parts_.network, parts_.clusters, place.clusters);
  }
  const auto post = [&source](const std::string& path, std::string body, auto on_answer) {
    return source.rest->Post(path, std::move(body), std::move(on_answer));
  };
  return std::make_unique<RestSource>(
      parts_.main, post, RestSource::Settings{node(), place.refresh_delay, place.request_timeout});
}

ResourceSource& Discovery::Open(Source& source, const ResourceType& type) {
  const std::string key = source.is_aggregated ? "" : std::string(type.url);
  std::unique_ptr<ResourceSource>& opened = source.opened[key];
  if (opened != nullptr) return *opened;
  opened = MakeStream(source);
  const auto add = [&](const ResourceType& added, ResourceUser& user) {
    if (!source.is_aggregated && &added != &type) return false;
    opened->Add(added, user, StatsOf(added));
    return true;
  };
  if (cluster_source_ == &source) add(kClusterType, *cluster_updates_);
  if (listener_source_ == &source) add(kListenerType, *listener_updates_);
  if (add(kEndpointType, source.endpoints)) source.endpoints.SetSource(*opened);
  if (add(kRouteType, source.routes)) source.routes.SetSource(*opened);
  if (add(kScopedRouteType, source.scopes)) source.scopes.SetSource(*opened);
  if (add(kVirtualHostType, source.hosts)) source.hosts.SetSource(*opened);
  if (add(kSecretType, source.secrets)) source.secrets.SetSource(*opened);
  add(kRuntimeType, source.runtime);
  return *opened;
}

// The aggregated stream stays: it is not only for those who have used it so far.
void Discovery::CloseUnused() {
  for (const auto& [key, source] : others_) CloseUnused(*source);
  absl::erase_if(others_, [this](const auto& entry) {
    const Source* const source = entry.second.get();
    return source->opened.empty() && source != cluster_source_ && source != listener_source_ &&
           absl::c_none_of(runtime_sources_,
                           [&](const auto& layer) { return layer.second == source; });
  });
}

void Discovery::CloseUnused(Source& source) {
  for (auto opened = source.opened.begin(); opened != source.opened.end();) {
    if (IsUsed(source, opened->first)) {
      ++opened;
      continue;
    }
    SLUICE_LOG(kUpstream, kInfo, "nobody uses ", opened->first, " from there any longer: closed");
    if (opened->first == kScopedRouteType.url) source.scopes.Reset();
    if (opened->first == kVirtualHostType.url) source.hosts.Reset();
    opened = source.opened.erase(opened);
  }
}

bool Discovery::IsUsed(const Source& source, absl::string_view type_url) const {
  if (type_url == kEndpointType.url) return source.endpoints.in_use();
  if (type_url == kRouteType.url) return source.routes.in_use();
  if (type_url == kScopedRouteType.url) return source.scopes.in_use();
  if (type_url == kVirtualHostType.url) return source.hosts.in_use();
  if (type_url == kSecretType.url) return source.secrets.in_use();
  return true;  // the others are wanted as long as the process runs
}

UpdateStats Discovery::StatsOf(const ResourceType& type) {
  if (&type == &kClusterType) return MakeUpdateStats(parts_.stats, "cluster_manager.cds.");
  if (&type == &kListenerType) return MakeUpdateStats(parts_.stats, "listener_manager.lds.");
  if (&type == &kEndpointType) return MakeUpdateStats(parts_.stats, "cluster_manager.eds.");
  if (&type == &kRouteType) return MakeUpdateStats(parts_.stats, "listener_manager.rds.");
  if (&type == &kScopedRouteType) return MakeUpdateStats(parts_.stats, "listener_manager.srds.");
  if (&type == &kVirtualHostType) return MakeUpdateStats(parts_.stats, "listener_manager.vhds.");
  if (&type == &kRuntimeType) return MakeUpdateStats(parts_.stats, "runtime.");
  return MakeUpdateStats(parts_.stats, "listener_manager.sds.");
}

core::Node Discovery::node() const {
  core::Node node = bootstrap_.node();
  if (node.user_agent_name().empty()) node.set_user_agent_name("sluice");
  return node;
}

}  // namespace sluice
