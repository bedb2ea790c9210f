#include "source/control/route_updates.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/route/route_config.h"

namespace sluice {

using RouteProto = envoy::config::route::v3::RouteConfiguration;

void RouteUpdates::Want(RouteFeed& feed, Duration fetch_timeout) {
  feeds_[feed.name()].push_back(&feed);
  source_->Want(kRouteType, feed.name(), fetch_timeout);
  for (const std::string& prefix : StatPrefixes(feed.name())) stats_.CountAttempt(prefix);
  const auto known = in_force_.find(feed.name());
  if (known != in_force_.end()) {
    feed.Set(known->second.table, known->second.version);
  } else if (missing_.contains(feed.name())) {
    feed.Fail();
  }
}

// As Envoy: for each connection manager that names the table.
std::vector<std::string> RouteUpdates::StatPrefixes(const std::string& name) const {
  std::vector<std::string> prefixes;
  const auto at = feeds_.find(name);
  if (at == feeds_.end()) return prefixes;
  for (const RouteFeed* feed : at->second) {
    for (const std::string& manager : feed->stat_prefixes()) {
      prefixes.push_back(absl::StrCat("http.", manager, ".rds.", name, "."));
    }
  }
  return prefixes;
}

void RouteUpdates::Unwant(RouteFeed& feed) {
  const auto at = feeds_.find(feed.name());
  if (at == feeds_.end()) return;
  std::erase(at->second, &feed);
  if (!at->second.empty()) return;
  const std::string name = feed.name();
  feeds_.erase(at);
  records_.erase(name);
  in_force_.erase(name);
  missing_.erase(name);
  waiting_.erase(name);
  before_.erase(name);
  waits_.Clear(name);
  source_->Unwant(kRouteType, name);
  on_change_();
}

// A table that is gone from the control plane stays in use: whoever names it would find nothing.
std::vector<ResourceError> RouteUpdates::OnResources(const std::vector<Resource>& resources,
                                                     const std::vector<std::string>&) {
  const std::vector<ResourceError> refused = UpdateResources<RouteProto>(
      resources, loop_.wall_now(), records_,
      [this](const RouteProto& proto, const std::string& version, const FieldScope& scope) {
        Table table = {ParseRouteTable(proto, scope, &runtime_, &filters_), version};
        if (table.table == nullptr || !FitsHosts(proto, *table.table, scope)) return;
        if (!MustWait(proto.name(), table)) return Publish(proto.name(), std::move(table));
        before_.try_emplace(proto.name(), records_[proto.name()]);
        // A newer one that must wait, too, does not wait any longer than the first of them.
        const bool is_first = waiting_.insert_or_assign(proto.name(), std::move(table)).second;
        if (is_first) waits_.Set(proto.name(), kWaitMax);
      });
  stats_.Count(resources, refused, [this](const std::string& name) { return StatPrefixes(name); });
  return refused;
}

// With virtual hosts that come by themselves: whether they can, and those that have come are not in
// the way. What is there already keeps its domains, as Envoy has it.
bool RouteUpdates::FitsHosts(const RouteProto& proto, const RouteTable& table,
                             const FieldScope& scope) const {
  const size_t errors_before = scope.errors().size();
  const std::optional<HostSource>& hosts = table.rules()->hosts;
  if (!hosts.has_value()) return true;
  const FieldScope at_source = scope.At("vhds.config_source");
  check_hosts_(*hosts->proto, at_source);
  const auto feeds = feeds_.find(table.name());
  if (feeds == feeds_.end()) return true;
  for (const RouteFeed* feed : feeds->second) {
    const RouteTable* const own = feed->own_table().get();
    if (own == nullptr || feed->table() == nullptr || !own->rules()->hosts.has_value()) continue;
    if (own->rules()->hosts->bytes != hosts->bytes) continue;
    RouteTableEdit edit(*feed->table());
    own->ForEachOther(table, [&](const auto& host, const VirtualHost*) {
      if (edit.Find(host->name) == host.get()) edit.Remove(*host);
    });
    for (int i = 0; i < proto.virtual_hosts_size(); ++i) {
      const VirtualHost* const host = table.FindVirtualHost(proto.virtual_hosts(i).name());
      if (own->FindVirtualHost(host->name) == host) continue;
      const FieldScope at = scope.At("virtual_hosts", i);
      for (const HostConflict& conflict : edit.Conflicts(*host)) {
        ReportConflict(*host, conflict, at);
      }
    }
  }
  return scope.errors().size() == errors_before;
}

// The first of its name serves at once: there is nothing that would serve better.
bool RouteUpdates::MustWait(const std::string& name, const Table& table) const {
  const auto before = in_force_.find(name);
  if (before == in_force_.end()) return false;
  // What the table before names, too, and has not got, is a name that comes to nothing.
  return table.table->AnyNewCluster(
      *before->second.table, [&](const std::string& cluster) { return !has_cluster_(cluster); });
}

void RouteUpdates::Publish(const std::string& name, Table table) {
  waiting_.erase(name);
  before_.erase(name);
  waits_.Clear(name);
  missing_.erase(name);
  const auto feeds = feeds_.find(name);
  if (feeds == feeds_.end()) return;  // wanted no longer
  for (RouteFeed* feed : feeds->second) feed->Set(table.table, table.version);
  in_force_[name] = std::move(table);
  on_change_();
}

void RouteUpdates::PublishWaiting(const std::string& name) {
  const auto at = waiting_.find(name);
  if (at == waiting_.end()) return;
  Table table = std::move(at->second);
  Publish(name, std::move(table));
}

void RouteUpdates::OnClusters() {
  std::vector<std::string> ready;
  for (const auto& [name, table] : waiting_) {
    if (!MustWait(name, table)) ready.push_back(name);
  }
  for (const std::string& name : ready) PublishWaiting(name);
}

bool RouteUpdates::Names(const std::string& cluster) const {
  const auto names = [&](const auto& entry) { return entry.second.table->Names(cluster); };
  return absl::c_any_of(in_force_, names) || absl::c_any_of(waiting_, names);
}

const RouteFeed* RouteUpdates::FeedOf(const std::string& name) const {
  const auto at = feeds_.find(name);
  return at == feeds_.end() ? nullptr : at->second.front();
}

RecordView RouteUpdates::ViewOf(const std::string& name, const ResourceRecord& record) const {
  if (!waiting_.contains(name)) return {record};
  const auto before = before_.find(name);
  return {record, true, before == before_.end() ? nullptr : &before->second};
}

std::vector<AwaitedName> RouteUpdates::Awaited() const {
  std::vector<AwaitedName> names;
  for (const auto& [name, feeds] : feeds_) {
    if (!records_.contains(name)) names.push_back({name, missing_.contains(name)});
  }
  return names;
}

void RouteUpdates::OnFetchTimeout(const std::string& name) {
  const auto at = feeds_.find(name);
  if (at == feeds_.end() || in_force_.contains(name)) return;
  for (const std::string& prefix : StatPrefixes(name)) stats_.CountTimeout(prefix);
  OnMissing(name);
}

void RouteUpdates::OnMissing(const std::string& name) {
  const auto at = feeds_.find(name);
  if (at == feeds_.end() || in_force_.contains(name)) return;
  missing_.insert(name);
  for (RouteFeed* feed : at->second) feed->Fail();
}

}  // namespace sluice
