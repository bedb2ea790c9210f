#include "source/server/admin/client_config.h"

#include <string>

#include "source/server/admin/dynamic_config_dump.h"
#include "source/server/admin/static_config_dump.h"

namespace sluice {
namespace {

using envoy::service::status::v3::ClientConfig;
using Entry = ClientConfig::GenericXdsConfig;

class StaticWriter {
 public:
  StaticWriter(WallTime loaded_at, ResourceContents contents, ClientConfig& config)
      : loaded_(ProtoTime(loaded_at)), contents_(contents), config_(config) {}

  template <class Proto>
  void Add(const ResourceType& type, const Proto& resource) {
    Entry& entry = *config_.add_generic_xds_configs();
    entry.set_type_url(std::string(type.url));
    entry.set_name(resource.name());
    if (contents_ == ResourceContents::kShown) entry.mutable_xds_config()->PackFrom(resource);
    *entry.mutable_last_updated() = loaded_;
    entry.set_is_static_resource(true);
  }

 private:
  const google::protobuf::Timestamp loaded_;
  const ResourceContents contents_;
  ClientConfig& config_;
};

void AddRecord(const ResourceType& type, const std::string& name, const RecordView& view,
               ResourceContents contents, ClientConfig& config) {
  const ResourceRecord& record = view.record;
  Entry& entry = *config.add_generic_xds_configs();
  entry.set_type_url(std::string(type.url));
  entry.set_name(name);
  entry.set_client_status(ProtoStatus(view));
  if (record.has_body()) {
    entry.set_version_info(record.version);
    *entry.mutable_last_updated() = ProtoTime(record.updated_at);
    if (contents == ResourceContents::kShown) {
      entry.mutable_xds_config()->set_type_url(std::string(type.url));
      entry.mutable_xds_config()->set_value(record.body);
    }
  }
  if (record.refused == nullptr) return;
  *entry.mutable_error_state() = ProtoRefusal(type, *record.refused);
  if (contents == ResourceContents::kLeftOut) {
    entry.mutable_error_state()->clear_failed_configuration();
  }
}

}  // namespace

void AddStaticResources(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                        WallTime loaded_at, ResourceContents contents, ClientConfig& config) {
  StaticWriter writer(loaded_at, contents, config);
  const auto& resources = bootstrap.static_resources();
  for (const auto& listener : resources.listeners()) writer.Add(kListenerType, listener);
  for (const auto& cluster : resources.clusters()) writer.Add(kClusterType, cluster);
  for (const auto& table : StaticRoutes(bootstrap)) writer.Add(kRouteType, table);
  for (const auto& secret : resources.secrets()) writer.Add(kSecretType, secret);
}

void AddDiscoveredResources(const Discovery& discovery, ResourceContents contents,
                            ClientConfig& config) {
  discovery.ForEachRecord(
      [&](const ResourceType& type, const std::string& name, const RecordView& view) {
        AddRecord(type, name, view, contents, config);
      });
}

}  // namespace sluice
