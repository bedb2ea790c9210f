#include "source/control/asked_hosts.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {

void AskedHosts::Ask(const std::string& name, Duration timeout) {
  if (pending_.contains(name)) return;
  // What has once come for it, under whatever name, is there no longer.
  if (const auto found = found_.find(name); found != found_.end() && found->second.empty()) {
    Lose(name);
  }
  const bool is_known = found_.contains(name) || absent_.contains(name);
  if (is_known || pending_.size() + absent_.size() >= kUnknownMax) return calls_.answer(name);
  pending_.insert(name);
  late_.Set(name, timeout);
  calls_.subscribe(name);
}

void AskedHosts::OnResource(const Resource& resource) {
  Settle(resource.name, &resource.name);
  for (const std::string& alias : resource.aliases) Settle(alias, &resource.name);
}

void AskedHosts::OnTables(const std::function<bool(const std::string& name)>& is_there) {
  const std::string unknown;  // under which name it has come
  const absl::btree_set<std::string> pending = pending_;
  for (const std::string& name : pending) {
    if (is_there(name)) Settle(name, &unknown);
  }
}

void AskedHosts::OnGone(const std::string& name) {
  const auto first = found_by_resource_.lower_bound({name, ""});
  std::vector<std::string> lost;
  for (auto at = first; at != found_by_resource_.end() && at->first == name; ++at) {
    lost.push_back(at->second);
  }
  if (const auto found = found_.find(name); found != found_.end() && found->second != name) {
    lost.push_back(name);
  }
  for (const std::string& asked : lost) Lose(asked);
  Settle(name, nullptr);
}

void AskedHosts::Lose(const std::string& asked) {
  found_by_resource_.erase({found_[asked], asked});
  found_.erase(asked);
  calls_.unsubscribe(asked);
}

// By a resource, or by word that there is none.
void AskedHosts::Settle(const std::string& name, const std::string* resource) {
  const bool was_pending = pending_.erase(name) > 0;
  if (resource != nullptr && (was_pending || absent_.erase(name) > 0)) {
    forget_.Clear(name);
    found_[name] = *resource;
    found_by_resource_.emplace(*resource, name);
  }
  if (!was_pending) return;
  late_.Clear(name);
  if (resource == nullptr) {
    absent_.insert(name);
    forget_.Set(name, kAbsentFor);
  }
  calls_.answer(name);
}

void AskedHosts::Reset() {
  for (const std::string& name : pending_) late_.Clear(name);
  for (const std::string& name : absent_) forget_.Clear(name);
  pending_.clear();
  absent_.clear();
  found_.clear();
  found_by_resource_.clear();
}

void AskedHosts::DropTable(const std::string& table) {
  const std::string prefix = absl::StrCat(table, "/");
  std::vector<std::string> lost;
  for (auto at = found_.lower_bound(prefix); at != found_.end(); ++at) {
    if (!absl::StartsWith(at->first, prefix)) break;
    lost.push_back(at->first);
  }
  for (const std::string& asked : lost) Lose(asked);
}

}  // namespace sluice
