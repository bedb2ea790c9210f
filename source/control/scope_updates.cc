#include "source/control/scope_updates.h"

#include <optional>

#include "absl/algorithm/container.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/scoped_route.pb.h"
#include "source/route/scope_config.h"

namespace sluice {

using ScopeProto = envoy::config::route::v3::ScopedRouteConfiguration;

std::string ScopeUpdates::StatPrefix(const ScopeFeed& feed) {
  return absl::StrCat("http.", feed.wish().stat_prefix, ".scoped_rds.", feed.wish().name, ".");
}

void ScopeUpdates::Want(ScopeFeed& feed, Duration fetch_timeout) {
  feeds_.push_back(&feed);
  stats_.CountAttempt(StatPrefix(feed));
  if (!std::exchange(asked_, true)) source_->WantAll(kScopedRouteType, fetch_timeout);
  if (has_answer_) {
    Tell(feed);
  } else if (missing_) {
    feed.Fail();
  }
}

void ScopeUpdates::Unwant(ScopeFeed& feed) {
  std::erase(feeds_, &feed);
  const std::string prefix = StatPrefix(feed);
  const auto is_same = [&](const ScopeFeed* other) { return StatPrefix(*other) == prefix; };
  if (absl::c_none_of(feeds_, is_same)) CountScopes(prefix, 0);
}

void ScopeUpdates::Reset() {
  asked_ = has_answer_ = missing_ = false;
  scopes_.clear();
  records_.clear();
  on_change_();
}

void ScopeUpdates::Tell(ScopeFeed& feed) {
  feed.Set(scopes_);
  CountScopes(StatPrefix(feed), scopes_.size());
}

std::optional<Scope> ScopeUpdates::Parse(const ScopeProto& proto, const FieldScope& scope) const {
  std::optional<Scope> parsed = ParseScope(proto, scope, &runtime_, &filters_);
  if (!parsed.has_value() || parsed->own == nullptr) return parsed;
  const std::optional<HostSource>& hosts = parsed->own->rules()->hosts;
  if (!hosts.has_value()) return parsed;
  const size_t errors_before = scope.errors().size();
  check_hosts_(*hosts->proto, scope.At("route_configuration.vhds.config_source"));
  return scope.errors().size() == errors_before ? parsed : std::nullopt;
}

// Those of `resources` that are other than what is in force, and good by themselves.
Scopes ScopeUpdates::Judge(const std::vector<Resource>& resources) {
  Scopes changed;
  for (const Resource& resource : resources) {
    const auto record = records_.find(resource.name);
    if (record != records_.end() && record->second.body == resource.body.value() &&
        scopes_.contains(resource.name)) {
      continue;
    }
    ConfigErrors errors;
    ScopeProto proto;
    CheckResource(resource, proto, errors);
    std::optional<Scope> scope;
    if (errors.empty()) scope = Parse(proto, FieldScope(errors));
    if (scope.has_value()) changed[resource.name] = *std::move(scope);
  }
  return changed;
}

std::vector<ResourceError> ScopeUpdates::OnResources(const std::vector<Resource>& resources,
                                                     const std::vector<std::string>& gone) {
  bool has_changed = false;
  for (const std::string& name : gone) {
    Forget(records_, name);
    has_changed |= scopes_.erase(name) > 0;
  }
  Scopes changed = Judge(resources);
  const absl::btree_map<std::string, std::string> conflicts = KeyConflicts(scopes_, changed);
  std::vector<ResourceError> refused = UpdateResources<ScopeProto>(
      resources, main_.loop.wall_now(), records_,
      [&](const ScopeProto& proto, const std::string&, const FieldScope& scope) {
        const auto good = changed.find(proto.name());
        const auto conflict = conflicts.find(proto.name());
        if (good == changed.end()) {
          Parse(proto, scope);  // for what it says of it
        } else if (conflict != conflicts.end()) {
          ReportKeyConflict(conflict->second, scope);
        } else {
          scopes_[proto.name()] = std::move(good->second);
          has_changed = true;
        }
      });
  CountAll(resources, refused);
  // Of what was refused altogether nothing has come.
  if (!has_answer_ && scopes_.empty() && !refused.empty()) {
    OnMissing("");
    return refused;
  }
  if (std::exchange(has_answer_, true) && !has_changed) return refused;
  for (ScopeFeed* feed : feeds_) Tell(*feed);
  on_change_();
  return refused;
}

// A response is one update of all scopes, as in Envoy.
void ScopeUpdates::CountAll(const std::vector<Resource>& resources,
                            const std::vector<ResourceError>& refused) {
  absl::btree_set<std::string> prefixes;
  for (const ScopeFeed* feed : feeds_) prefixes.insert(StatPrefix(*feed));
  Resource update{.name = "", .version = resources.empty() ? "" : resources.back().version};
  std::vector<ResourceError> errors;
  if (!refused.empty()) errors.push_back({});
  stats_.Count({update}, errors, [&](const std::string&) { return prefixes; });
}

void ScopeUpdates::CountScopes(const std::string& prefix, size_t count) {
  const auto [at, is_new] = own_stats_.try_emplace(prefix);
  Stats& stats = at->second;
  if (is_new) {
    stats = {
        .config_reload = registry_.GetCounter(absl::StrCat(prefix, "config_reload")),
        .config_reload_time_ms = registry_.GetGauge(absl::StrCat(prefix, "config_reload_time_ms")),
        .all_scopes = registry_.GetGauge(absl::StrCat(prefix, "all_scopes")),
        .active_scopes = registry_.GetGauge(absl::StrCat(prefix, "active_scopes"))};
  }
  const auto now = main_.loop.wall_now().time_since_epoch();
  stats.config_reload.Add(main_.stats);
  stats.config_reload_time_ms.Set(main_.stats, now / std::chrono::milliseconds(1));
  stats.all_scopes.Set(main_.stats, static_cast<int64_t>(count));
  stats.active_scopes.Set(main_.stats, static_cast<int64_t>(count));
}

bool ScopeUpdates::Names(const std::string& cluster) const {
  return absl::c_any_of(scopes_, [&](const auto& entry) {
    const auto& own = entry.second.own;
    return own != nullptr && own->Names(cluster);
  });
}

void ScopeUpdates::OnFetchTimeout(const std::string& name) {
  if (has_answer_) return;
  for (const ScopeFeed* feed : feeds_) stats_.CountTimeout(StatPrefix(*feed));
  OnMissing(name);
}

void ScopeUpdates::OnMissing(const std::string&) {
  if (has_answer_) return;
  missing_ = true;
  for (ScopeFeed* feed : feeds_) feed->Fail();
}

}  // namespace sluice
