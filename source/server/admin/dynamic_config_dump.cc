#include "source/server/admin/dynamic_config_dump.h"

#include <memory>
#include <string>

#include "envoy/admin/v3/config_dump.pb.h"
#include "source/server/admin/static_config_dump.h"

namespace sluice {
namespace {

namespace admin = envoy::admin::v3;

// The part of this type; made where there is none.
template <class Part>
Part& PartOf(ConfigDumpParts& parts) {
  for (const auto& part : parts) {
    if (part->GetDescriptor() == Part::descriptor()) return static_cast<Part&>(*part);
  }
  parts.push_back(std::make_unique<Part>());
  return static_cast<Part&>(*parts.back());
}

template <class Entry>
void WriteRefusal(const ResourceRecord& record, Entry& entry) {
  if (record.refusal.empty()) return;
  entry.mutable_error_state()->set_details(record.refusal);
  entry.mutable_error_state()->set_version_info(record.refused_version);
}

// What all entries have in common; the resource itself is in the field that the caller names.
template <class Entry>
void Write(const ResourceRecord& record, Entry& entry, google::protobuf::Any* resource) {
  if (!record.body.type_url().empty()) {
    *resource = record.body;
    entry.set_version_info(record.version);
    *entry.mutable_last_updated() = ProtoTime(record.updated_at);
  }
  WriteRefusal(record, entry);
}

// Versions are from those who know which of them serves: AddDynamicListeners.
void AddListener(const std::string& name, const ResourceRecord& record, ConfigDumpParts& parts) {
  if (record.refusal.empty()) return;
  auto& dump = PartOf<admin::ListenersConfigDump>(parts);
  for (auto& entry : *dump.mutable_dynamic_listeners()) {
    if (entry.name() == name) return WriteRefusal(record, entry);
  }
  auto& entry = *dump.add_dynamic_listeners();
  entry.set_name(name);
  WriteRefusal(record, entry);
}

void Add(const ResourceType& type, const std::string& name, const ResourceRecord& record,
         ConfigDumpParts& parts) {
  if (&type == &kListenerType) return AddListener(name, record, parts);
  if (&type == &kClusterType) {
    auto& entry = *PartOf<admin::ClustersConfigDump>(parts).add_dynamic_active_clusters();
    Write(record, entry, entry.mutable_cluster());
  } else if (&type == &kRouteType) {
    auto& entry = *PartOf<admin::RoutesConfigDump>(parts).add_dynamic_route_configs();
    Write(record, entry, entry.mutable_route_config());
  } else if (&type == &kSecretType) {
    auto& entry = *PartOf<admin::SecretsConfigDump>(parts).add_dynamic_active_secrets();
    entry.set_name(name);
    Write(record, entry, entry.mutable_secret());
  }
}

}  // namespace

void AddDynamicConfigDump(const Discovery& discovery, ConfigDumpParts& parts) {
  discovery.ForEachRecord([&](const ResourceType& type, const std::string& name,
                              const ResourceRecord& record) { Add(type, name, record, parts); });
}

}  // namespace sluice
