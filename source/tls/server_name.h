// ServerNames: which of several certificates are for a server name. Pure; const once built; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice {

class ServerNames {
 public:
  // `name` may be "*.example.com". Certificates are told apart by number, and added in order.
  void Add(absl::string_view name, uint16_t certificate);

  // The certificates for exactly this name, else those for "*." and what follows its first label,
  // in the order added; null: there is none. ASCII case does not count.
  const std::vector<uint16_t>* Find(absl::string_view name) const;

 private:
  absl::flat_hash_map<std::string, std::vector<uint16_t>> by_name_;
};

}  // namespace sluice
