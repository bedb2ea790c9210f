#include "source/route/route_table_edit.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"

namespace sluice {

RouteTableEdit::RouteTableEdit(const RouteTable& base)
    : rules_(base.rules_),
      domains_(base.domains_),
      virtual_hosts_(base.virtual_hosts_),
      clusters_(base.clusters_) {}

RouteTableEdit::RouteTableEdit(std::shared_ptr<const TableRules> rules, size_t expected)
    : rules_(std::move(rules)), domains_(expected), virtual_hosts_(expected), clusters_(0) {}

std::vector<HostConflict> RouteTableEdit::Conflicts(const VirtualHost& host) const {
  std::vector<HostConflict> conflicts;
  if (Find(host.name) != nullptr) conflicts.push_back({HostConflict::Kind::kName, 0, host.name});
  absl::flat_hash_set<std::string> own;
  for (size_t i = 0; i < host.domains.size(); ++i) {
    const std::string& domain = host.domains[i];
    const VirtualHost* const owner = domains_.OwnerOf(domain);
    if (domains_.Try(domain) == DomainTable::Edit::Result::kBadWildcard) {
      conflicts.push_back({HostConflict::Kind::kNoDomain, i, ""});
    } else if (owner != nullptr) {
      conflicts.push_back({HostConflict::Kind::kDomain, i, owner->name});
    } else if (!own.insert(absl::AsciiStrToLower(domain)).second) {
      conflicts.push_back({HostConflict::Kind::kDomain, i, host.name});
    }
  }
  return conflicts;
}

std::vector<HostConflict> RouteTableEdit::Add(std::shared_ptr<const VirtualHost> host) {
  std::vector<HostConflict> conflicts;
  for (size_t i = 0; i < host->domains.size(); ++i) {
    const std::string& domain = host->domains[i];
    switch (domains_.Add(domain, *host)) {
      case DomainTable::Edit::Result::kAdded:
        break;
      case DomainTable::Edit::Result::kTaken:
        conflicts.push_back({HostConflict::Kind::kDomain, i, domains_.OwnerOf(domain)->name});
        break;
      case DomainTable::Edit::Result::kBadWildcard:
        conflicts.push_back({HostConflict::Kind::kNoDomain, i, ""});
    }
  }
  for (const std::string& cluster : host->clusters) {
    const uint32_t* const count = clusters_.Find(cluster);
    clusters_.Put(cluster, count == nullptr ? 1 : *count + 1);
  }
  if (!virtual_hosts_.Insert(host->name, host)) {
    conflicts.push_back({HostConflict::Kind::kName, 0, host->name});
    refused_.push_back(std::move(host));
  }
  return conflicts;
}

void RouteTableEdit::Remove(const VirtualHost& host) {
  for (const std::string& domain : host.domains) domains_.Remove(domain);
  for (const std::string& cluster : host.clusters) {
    const uint32_t count = *clusters_.Find(cluster);
    if (count == 1) {
      clusters_.Erase(cluster);
    } else {
      clusters_.Put(cluster, count - 1);
    }
  }
  const std::string name = host.name;  // which may go with its table's last hold on it
  virtual_hosts_.Erase(name);
}

const VirtualHost* RouteTableEdit::Find(absl::string_view name) const {
  const auto* const host = virtual_hosts_.Find(name);
  return host == nullptr ? nullptr : host->get();
}

std::shared_ptr<const RouteTable> RouteTableEdit::Finish() && {
  auto table = std::make_shared<RouteTable>();
  table->rules_ = rules_;
  table->domains_ = std::move(domains_).Finish();
  table->virtual_hosts_ = std::move(virtual_hosts_).Finish();
  table->clusters_ = std::move(clusters_).Finish();
  return table;
}

}  // namespace sluice
