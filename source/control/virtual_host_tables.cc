// The tables of VirtualHostUpdates: what goes into them, and what stands against it.
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/log.h"
#include "source/control/resource_check.h"
#include "source/control/virtual_host_updates.h"
#include "source/route/route_config.h"

namespace sluice {

using HostProto = envoy::config::route::v3::VirtualHost;

// From what has been accepted of that name.
void VirtualHostUpdates::Build(Fed& fed) {
  fed.own = fed.feed->own_table();
  fed.hosts.clear();
  RouteTableEdit edit(*fed.own);
  const std::string& table = fed.own->name();
  for (auto at = records_.lower_bound(table + "/"); at != records_.end(); ++at) {
    if (!absl::StartsWith(at->first, table + "/")) break;
    if (TableOf(at->first) != table || !at->second.has_body()) continue;
    HostProto proto;
    if (!proto.ParseFromString(at->second.body)) continue;  // which it has been before
    ConfigErrors errors;
    const FieldScope scope(errors);
    const Host host = ParseVirtualHost(proto, fed.own->rules(), scope, &runtime_, &filters_);
    if (host != nullptr) {
      for (const HostConflict& conflict : edit.Conflicts(*host)) {
        ReportConflict(*host, conflict, scope);
      }
    }
    if (!errors.empty()) {
      NoteRefusal(at->first, errors);
      continue;
    }
    edit.Add(host);
    fed.hosts[at->first] = host;
  }
  fed.whole = std::move(edit).Finish();
}

// As what is its own changes, the virtual hosts of others staying as they are. False: they cannot.
bool VirtualHostUpdates::Rebase(Fed& fed) {
  const std::shared_ptr<const RouteTable> own = fed.feed->own_table();
  if (own->rules() != fed.own->rules()) return false;
  RouteTableEdit edit(*fed.whole);
  bool fits = true;
  fed.own->ForEachOther(*own, [&](const Host& host, const VirtualHost*) { edit.Remove(*host); });
  own->ForEachOther(*fed.own, [&](const Host& host, const VirtualHost*) {
    fits = fits && edit.Conflicts(*host).empty();
    if (fits) edit.Add(host);
  });
  if (!fits) return false;
  fed.own = own;
  fed.whole = std::move(edit).Finish();
  return true;
}

// Into their tables with those that can be, all of them in all tables.
void VirtualHostUpdates::Settle(Candidates& candidates) {
  for (Candidate& candidate : candidates) {
    if (!candidate.errors.empty()) continue;
    candidate.waits = MustWait(candidate);
    if (!candidate.waits) {
      waiting_.erase(candidate.name);
      waits_.Clear(candidate.name);
    } else if (waiting_.insert(candidate.name).second) {
      // A newer one that must wait, too, does not wait any longer than the first of them.
      waits_.Set(candidate.name, kWaitMax);
    }
  }
  while (!TryPut(candidates)) continue;
}

// False, with the errors, where some are in the way of others: without them it may go.
bool VirtualHostUpdates::TryPut(Candidates& candidates) {
  Edits edits;
  const auto is_in = [](const Candidate& one) { return one.errors.empty() && !one.waits; };
  for (const Candidate& candidate : candidates) {
    if (!is_in(candidate)) continue;
    for (const auto& [fed, host] : candidate.hosts) {
      RouteTableEdit& edit = EditOf(*fed, edits);
      const auto before = fed->hosts.find(candidate.name);
      if (before != fed->hosts.end()) edit.Remove(*before->second);
    }
  }
  bool fits = true;
  for (Candidate& candidate : candidates) {
    if (!is_in(candidate)) continue;
    for (const auto& [fed, host] : candidate.hosts) {
      const std::vector<HostConflict> conflicts = edits[fed]->Conflicts(*host);
      for (const HostConflict& conflict : conflicts) {
        ReportConflict(*host, conflict, FieldScope(candidate.errors));
      }
      fits = fits && conflicts.empty();
      if (!conflicts.empty()) break;
      edits[fed]->Add(host);
    }
  }
  if (!fits) return false;
  for (Candidate& candidate : candidates) {
    if (!is_in(candidate)) continue;
    for (auto& [fed, host] : candidate.hosts) fed->hosts[candidate.name] = std::move(host);
  }
  for (auto& [fed, edit] : edits) fed->whole = std::move(*edit).Finish();
  return true;
}

void VirtualHostUpdates::Remove(const std::vector<std::string>& names) {
  Edits edits;
  for (const std::string& name : names) {
    const std::string table = TableOf(name);
    heard_.try_emplace(table);
    records_.erase(name);
    waiting_.erase(name);
    waits_.Clear(name);
    for (Fed* const fed : FedBy(table)) {
      const auto host = fed->hosts.find(name);
      if (host == fed->hosts.end()) continue;
      EditOf(*fed, edits).Remove(*host->second);
      fed->hosts.erase(host);
    }
  }
  for (auto& [fed, edit] : edits) fed->whole = std::move(*edit).Finish();
}

RouteTableEdit& VirtualHostUpdates::EditOf(Fed& fed, Edits& edits) {
  std::unique_ptr<RouteTableEdit>& edit = edits[&fed];
  if (edit == nullptr) edit = std::make_unique<RouteTableEdit>(*fed.whole);
  return *edit;
}

// After it was accepted: what it is to be in has changed since. It is judged anew when it comes
// again.
void VirtualHostUpdates::NoteRefusal(const std::string& name, const ConfigErrors& errors) {
  ResourceRecord& record = records_[name];
  const ResourceError why = RefusalOf({.name = name, .version = record.version}, errors);
  SLUICE_LOG(kConfig, kWarning, "VirtualHost \"", name, "\" is in its table no longer: ", why.text);
  record.refused = std::make_shared<const Refusal>(
      Refusal{record.version, why.text, main_.loop.wall_now(), record.body});
}

}  // namespace sluice
