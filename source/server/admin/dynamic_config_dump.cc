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

void Pack(const ResourceType& type, const std::string& body, google::protobuf::Any& into) {
  into.set_type_url(std::string(type.url));
  into.set_value(body);
}

template <class Entry>
void WriteRefusal(const ResourceType& type, const ResourceRecord& record, Entry& entry) {
  if (record.refused != nullptr) *entry.mutable_error_state() = ProtoRefusal(type, *record.refused);
}

// What all entries have in common; the resource itself is in the field that the caller names.
template <class Entry>
void Write(const ResourceType& type, const RecordView& view, Entry& entry,
           google::protobuf::Any* resource) {
  const ResourceRecord& record = view.record;
  if (record.has_body()) {
    Pack(type, record.body, *resource);
    entry.set_version_info(record.version);
    *entry.mutable_last_updated() = ProtoTime(record.updated_at);
  }
  WriteRefusal(type, record, entry);
  entry.set_client_status(ProtoStatus(view));
}

// Versions are from those who know which of them serves: AddDynamicListeners.
void AddListener(const std::string& name, const ResourceRecord& record, ConfigDumpParts& parts) {
  if (record.refused == nullptr) return;
  auto& dump = PartOf<admin::ListenersConfigDump>(parts);
  admin::ListenersConfigDump::DynamicListener* entry = nullptr;
  for (auto& present : *dump.mutable_dynamic_listeners()) {
    if (present.name() == name) entry = &present;
  }
  if (entry == nullptr) entry = dump.add_dynamic_listeners();
  entry->set_name(name);
  WriteRefusal(kListenerType, record, *entry);
  entry->set_client_status(admin::NACKED);
}

void AddCluster(const RecordView& view, ConfigDumpParts& parts) {
  auto& dump = PartOf<admin::ClustersConfigDump>(parts);
  if (view.before != nullptr) {
    auto& serving = *dump.add_dynamic_active_clusters();
    Write(kClusterType, {*view.before}, serving, serving.mutable_cluster());
  }
  auto& last =
      view.is_coming ? *dump.add_dynamic_warming_clusters() : *dump.add_dynamic_active_clusters();
  Write(kClusterType, view, last, last.mutable_cluster());
}

void AddSecret(const std::string& name, const RecordView& view, ConfigDumpParts& parts) {
  auto& dump = PartOf<admin::SecretsConfigDump>(parts);
  auto& entry =
      view.is_coming ? *dump.add_dynamic_warming_secrets() : *dump.add_dynamic_active_secrets();
  entry.set_name(name);
  Write(kSecretType, view, entry, entry.mutable_secret());
}

// What is in force comes before what waits for clusters, which Envoy does not know. The entries
// have no names, so of what has not come there is nothing to say.
void AddRoutes(const RecordView& view, ConfigDumpParts& parts) {
  auto& dump = PartOf<admin::RoutesConfigDump>(parts);
  for (const ResourceRecord* record : {view.before, &view.record}) {
    if (record == nullptr || (!record->has_body() && record->refused == nullptr)) continue;
    auto& entry = *dump.add_dynamic_route_configs();
    Write(kRouteType, {*record}, entry, entry.mutable_route_config());
  }
}

// Scopes are each connection manager's that names their source: so each is an entry of its own.
void AddScope(const std::string& name, const ResourceRecord& record, ConfigDumpParts& parts) {
  auto& entry = *PartOf<admin::ScopedRoutesConfigDump>(parts).add_dynamic_scoped_route_configs();
  entry.set_name(name);
  Write(kScopedRouteType, {record}, entry,
        record.has_body() ? entry.add_scoped_route_configs() : nullptr);
}

void Add(const ResourceType& type, const std::string& name, const RecordView& view,
         ConfigDumpParts& parts) {
  if (&type == &kListenerType) return AddListener(name, view.record, parts);
  if (&type == &kClusterType) return AddCluster(view, parts);
  if (&type == &kRouteType) return AddRoutes(view, parts);
  if (&type == &kScopedRouteType) return AddScope(name, view.record, parts);
  if (&type == &kSecretType) return AddSecret(name, view, parts);
}

}  // namespace

admin::UpdateFailureState ProtoRefusal(const ResourceType& type, const Refusal& refusal) {
  admin::UpdateFailureState state;
  state.set_details(refusal.text);
  state.set_version_info(refusal.version);
  if (refusal.body.empty()) return state;
  Pack(type, refusal.body, *state.mutable_failed_configuration());
  *state.mutable_last_update_attempt() = ProtoTime(refusal.at);
  return state;
}

admin::ClientResourceStatus ProtoStatus(const RecordView& view) {
  if (view.record.refused != nullptr) return admin::NACKED;
  if (view.record.has_body()) return admin::ACKED;
  return view.is_missing ? admin::DOES_NOT_EXIST : admin::REQUESTED;
}

void WriteAssignment(const ResourceRecord& record,
                     admin::EndpointsConfigDump::DynamicEndpointConfig& entry) {
  if (record.has_body()) {
    entry.set_version_info(record.version);
    *entry.mutable_last_updated() = ProtoTime(record.updated_at);
  }
  WriteRefusal(kEndpointType, record, entry);
  entry.set_client_status(ProtoStatus({record}));
}

void AddDynamicConfigDump(const Discovery& discovery, ConfigDumpParts& parts) {
  discovery.ForEachRecord([&](const ResourceType& type, const std::string& name,
                              const RecordView& view) { Add(type, name, view, parts); });
}

}  // namespace sluice
