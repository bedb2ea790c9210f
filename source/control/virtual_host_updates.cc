#include "source/control/virtual_host_updates.h"

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/log.h"
#include "source/control/resource_check.h"
#include "source/route/route_config.h"

namespace sluice {

using HostProto = envoy::config::route::v3::VirtualHost;

VirtualHostUpdates::VirtualHostUpdates(WorkerContext& main, StatsRegistry& stats,
                                       RuntimeKeys& runtime, const FilterSettingsParsers& filters,
                                       std::function<bool(const std::string& name)> has_cluster,
                                       std::function<void()> on_change)
    : main_(main),
      registry_(stats),
      runtime_(runtime),
      filters_(filters),
      has_cluster_(std::move(has_cluster)),
      on_change_(std::move(on_change)),
      stats_(main, stats),
      asked_hosts_(
          main.loop,
          {.subscribe =
               [this](const std::string& name) {
                 source_->Want(kVirtualHostType, name, Duration::zero());
               },
           .unsubscribe =
               [this](const std::string& name) { source_->Unwant(kVirtualHostType, name); },
           .answer = [this](const std::string& name) { AnswerRequests(name); }}) {}

// From right to left: a host has no slash, and the name of a table may.
std::string VirtualHostUpdates::TableOf(absl::string_view resource) {
  const size_t slash = resource.rfind('/');
  return std::string(slash == absl::string_view::npos ? "" : resource.substr(0, slash));
}

std::vector<VirtualHostUpdates::Fed*> VirtualHostUpdates::FedBy(absl::string_view table) {
  std::vector<Fed*> fed;
  for (const auto& one : feds_) {
    if (one->feed->own_table()->name() == table) fed.push_back(one.get());
  }
  return fed;
}

// ---- Tables.

void VirtualHostUpdates::Want(RouteFeed& feed, Duration fetch_timeout) {
  feds_.push_back(std::make_unique<Fed>(Fed{.feed = &feed, .fetch_timeout = fetch_timeout}));
  Fed& fed = *feds_.back();
  if (!std::exchange(asked_, true)) source_->WantAll(kVirtualHostType, fetch_timeout);
  for (const std::string& prefix : StatPrefixes(feed)) stats_.CountAttempt(prefix);
  Build(fed);
  Publish();
}

void VirtualHostUpdates::OnTable(RouteFeed& feed) {
  const auto is_of = [&](const auto& one) { return one->feed == &feed; };
  Fed& fed = **absl::c_find_if(feds_, is_of);
  if (!Rebase(fed)) Build(fed);
  Publish();
  CheckAsked();
}

void VirtualHostUpdates::Unwant(RouteFeed& feed) {
  const auto at = absl::c_find_if(feds_, [&](const auto& one) { return one->feed == &feed; });
  const std::string table = (*at)->own->name();
  feds_.erase(at);
  if (FedBy(table).empty()) asked_hosts_.DropTable(table);
}

void VirtualHostUpdates::Reset() {
  asked_ = has_answer_ = false;
  asked_hosts_.Reset();
  for (const std::string& name : waiting_) waits_.Clear(name);
  waiting_.clear();
  records_.clear();
  heard_.clear();
  refused_.clear();
}

// ---- Requests that wait.

void VirtualHostUpdates::Ask(RouteFeed& feed, const std::string& host) {
  const auto fed = absl::c_find_if(feds_, [&](const auto& one) { return one->feed == &feed; });
  if (fed == feds_.end() || feed.table()->HasHost(host)) return feed.Answer(host);
  const Duration timeout =
      (*fed)->fetch_timeout > Duration::zero() ? (*fed)->fetch_timeout : kAskMax;
  asked_hosts_.Ask(absl::StrCat((*fed)->own->name(), "/", host), timeout);
}

// Some servers answer without a word of what they were asked by.
void VirtualHostUpdates::CheckAsked() {
  asked_hosts_.OnTables([this](const std::string& name) {
    const std::vector<Fed*> feds = FedBy(TableOf(name));
    const std::string host = name.substr(name.rfind('/') + 1);
    return !feds.empty() && absl::c_all_of(feds, [&](const Fed* fed) {
      return fed->feed->table() != nullptr && fed->feed->table()->HasHost(host);
    });
  });
}

void VirtualHostUpdates::AnswerRequests(const std::string& name) {
  for (Fed* const fed : FedBy(TableOf(name))) fed->feed->Answer(name.substr(name.rfind('/') + 1));
}

void VirtualHostUpdates::Publish() {
  if (!has_answer_) return;
  bool has_changed = false;
  for (const auto& fed : feds_) {
    if (fed->feed->table() == fed->whole) continue;
    fed->feed->Serve(fed->whole);
    CountReload(*fed->feed);
    has_changed = true;
  }
  if (has_changed) on_change_();
}

// ---- Virtual hosts.

std::vector<ResourceError> VirtualHostUpdates::OnResources(const std::vector<Resource>& resources,
                                                           const std::vector<std::string>& gone) {
  if (!gone.empty()) Remove(gone);
  Candidates candidates;
  for (const Resource& resource : resources) {
    candidates.emplace_back().name = resource.name;
    if (!Judge(resource, candidates.back())) candidates.pop_back();
  }
  Settle(candidates);
  const std::vector<ResourceError> refused = Note(resources, candidates);
  Publish();
  // Behind what has been published of it.
  for (const std::string& name : gone) asked_hosts_.OnGone(name);
  for (const Resource& resource : resources) asked_hosts_.OnResource(resource);
  CheckAsked();
  return refused;
}

bool VirtualHostUpdates::Judge(const Resource& resource, Candidate& candidate) {
  const auto record = records_.find(resource.name);
  const bool is_there =
      record != records_.end() && record->second.has_body() && record->second.refused == nullptr;
  if (is_there && record->second.body == resource.body.value()) return false;
  HostProto proto;
  CheckResource(resource, proto, candidate.errors);
  if (TableOf(resource.name).empty()) {
    FieldScope(candidate.errors)
        .Error("is of no table: the name of the resource does not say of which",
               "name it <route configuration>/<virtual host>");
  }
  if (!candidate.errors.empty()) return true;
  if (is_there && MeansTheSame(record->second.body, proto)) return false;
  Compile(proto, candidate);
  return true;
}

void VirtualHostUpdates::Compile(const HostProto& proto, Candidate& candidate) {
  for (Fed* const fed : FedBy(TableOf(candidate.name))) {
    Host host = ParseVirtualHost(proto, fed->own->rules(), FieldScope(candidate.errors), &runtime_,
                                 &filters_);
    if (host == nullptr) return;
    candidate.hosts.emplace_back(fed, std::move(host));
  }
}

// The first of its name serves at once: there is nothing that would serve better.
bool VirtualHostUpdates::MustWait(const Candidate& candidate) const {
  return absl::c_any_of(candidate.hosts, [&](const auto& one) {
    const auto before = one.first->hosts.find(candidate.name);
    if (before == one.first->hosts.end()) return false;
    return absl::c_any_of(one.second->clusters, [&](const std::string& cluster) {
      // What the one before names, too, and has not got, is a name that comes to nothing.
      return !has_cluster_(cluster) && !absl::c_binary_search(before->second->clusters, cluster);
    });
  });
}

std::vector<ResourceError> VirtualHostUpdates::Note(const std::vector<Resource>& resources,
                                                    const Candidates& candidates) {
  std::vector<ResourceError> refused;
  absl::flat_hash_map<absl::string_view, const Candidate*> judged;
  for (const Candidate& candidate : candidates) judged[candidate.name] = &candidate;
  const WallTime now = main_.loop.wall_now();
  for (const Resource& resource : resources) {
    const std::string table = TableOf(resource.name);
    heard_[table] = resource.version;
    const auto candidate = judged.find(resource.name);
    ResourceRecord& record = records_[resource.name];
    if (candidate != judged.end() && !candidate->second->errors.empty()) {
      refused.push_back(RefusalOf(resource, candidate->second->errors));
      refused_.insert(table);
      record.refused = std::make_shared<const Refusal>(
          Refusal{resource.version, refused.back().text, now, resource.body.value()});
      continue;
    }
    record = {.version = resource.version,
              .body = resource.body.value(),
              .updated_at = candidate == judged.end() ? record.updated_at : now,
              .refused = nullptr};
  }
  return refused;
}

void VirtualHostUpdates::PutWaiting(const std::vector<std::string>& names) {
  Candidates candidates;
  for (const std::string& name : names) {
    HostProto proto;
    if (waiting_.erase(name) == 0 || !proto.ParseFromString(records_[name].body)) continue;
    waits_.Clear(name);
    candidates.emplace_back().name = name;
    Compile(proto, candidates.back());
  }
  while (!TryPut(candidates)) continue;
  for (const Candidate& candidate : candidates) {
    if (!candidate.errors.empty()) NoteRefusal(candidate.name, candidate.errors);
  }
  Publish();
  CheckAsked();
}

void VirtualHostUpdates::OnClusters() {
  std::vector<std::string> ready;
  for (const std::string& name : waiting_) {
    HostProto proto;
    Candidate candidate;
    candidate.name = name;
    if (proto.ParseFromString(records_[name].body)) Compile(proto, candidate);
    if (!MustWait(candidate)) ready.push_back(name);
  }
  if (!ready.empty()) PutWaiting(ready);
}

// ---- What is told.

void VirtualHostUpdates::OnResponseEnd() {
  for (const auto& fed : feds_) {
    const std::vector<std::string> prefixes = StatPrefixes(*fed->feed);
    const auto heard = heard_.find(fed->own->name());
    if (heard_.empty()) {
      for (const std::string& prefix : prefixes) StatsOf(prefix).update_empty.Add(main_.stats);
    }
    if (heard == heard_.end()) continue;
    const std::vector<Resource> update = {{.name = heard->first, .version = heard->second}};
    std::vector<ResourceError> errors;
    if (refused_.contains(heard->first)) errors.push_back({heard->first});
    stats_.Count(update, errors, [&](const std::string&) { return prefixes; });
  }
  heard_.clear();
  refused_.clear();
  Answer();
}

void VirtualHostUpdates::Answer() {
  has_answer_ = true;
  Publish();
}

void VirtualHostUpdates::OnFetchTimeout(const std::string& name) {
  if (!name.empty() || has_answer_) return;
  for (const auto& fed : feds_) {
    for (const std::string& prefix : StatPrefixes(*fed->feed)) stats_.CountTimeout(prefix);
  }
  Answer();
}

void VirtualHostUpdates::OnMissing(const std::string& name) {
  if (name.empty()) return Answer();
  asked_hosts_.OnGone(name);
}

bool VirtualHostUpdates::Names(const std::string& cluster) const {
  return absl::c_any_of(feds_, [&](const auto& fed) { return fed->whole->Names(cluster); });
}

std::string VirtualHostUpdates::BytesOf(const std::string& table) const {
  std::string bytes;
  envoy::config::route::v3::RouteConfiguration one;
  for (const auto& fed : feds_) {
    if (fed->own->name() != table) continue;
    for (const auto& [name, host] : fed->hosts) {
      one.Clear();
      if (!one.add_virtual_hosts()->ParseFromString(records_.at(name).body)) continue;
      absl::StrAppend(&bytes, one.SerializeAsString());
    }
    break;
  }
  return bytes;
}

// As Envoy: for each connection manager that has the table.
std::vector<std::string> VirtualHostUpdates::StatPrefixes(const RouteFeed& feed) const {
  std::vector<std::string> prefixes;
  const std::string table = absl::StrReplaceAll(feed.own_table()->name(), {{":", "_"}});
  for (const std::string& manager : feed.stat_prefixes()) {
    prefixes.push_back(absl::StrCat("http.", manager, ".vhds.", table, "."));
  }
  return prefixes;
}

void VirtualHostUpdates::CountReload(const RouteFeed& feed) {
  const auto now = main_.loop.wall_now().time_since_epoch();
  for (const std::string& prefix : StatPrefixes(feed)) {
    const Stats& stats = StatsOf(prefix);
    stats.config_reload.Add(main_.stats);
    stats.config_reload_time_ms.Set(main_.stats, now / std::chrono::milliseconds(1));
  }
}

VirtualHostUpdates::Stats& VirtualHostUpdates::StatsOf(const std::string& prefix) {
  const auto [at, is_new] = own_stats_.try_emplace(prefix);
  if (is_new) {
    at->second = {
        .config_reload = registry_.GetCounter(absl::StrCat(prefix, "config_reload")),
        .update_empty = registry_.GetCounter(absl::StrCat(prefix, "update_empty")),
        .config_reload_time_ms = registry_.GetGauge(absl::StrCat(prefix, "config_reload_time_ms"))};
  }
  return at->second;
}

}  // namespace sluice
