// RouteTableEdit: a RouteTable in the making: another one's virtual hosts, but for those that are
// added and removed. What it costs grows with those.
//
// Main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/route/domain_match.h"
#include "source/route/route_table.h"
#include "source/route/shared_map.h"

namespace sluice {

// Why a virtual host cannot be in a table.
struct HostConflict {
  enum class Kind : uint8_t { kName, kDomain, kNoDomain };
  Kind kind;
  size_t domain = 0;  // by its place
  std::string other;  // who has the name, or the domain
};

class RouteTableEdit {
 public:
  explicit RouteTableEdit(const RouteTable& base);
  // Of no virtual hosts; so many are expected.
  RouteTableEdit(std::shared_ptr<const TableRules> rules, size_t expected);

  // What stands against `host`.
  std::vector<HostConflict> Conflicts(const VirtualHost& host) const;
  // The same; what does not stand against it is done. Where there was any the table is of no use.
  std::vector<HostConflict> Add(std::shared_ptr<const VirtualHost> host);
  // Of one that is there.
  void Remove(const VirtualHost& host);
  // Null: there is none of that name.
  const VirtualHost* Find(absl::string_view name) const;

  std::shared_ptr<const RouteTable> Finish() &&;

 private:
  const std::shared_ptr<const TableRules> rules_;
  DomainTable::Edit domains_;
  SharedMap<std::shared_ptr<const VirtualHost>>::Edit virtual_hosts_;
  SharedMap<uint32_t>::Edit clusters_;
  std::vector<std::shared_ptr<const VirtualHost>> refused_;  // which own domains all the same
};

}  // namespace sluice
