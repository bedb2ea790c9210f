#include "source/sdk/registry.h"

#include <algorithm>

namespace sluice {

std::vector<std::string> Registry::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, parser] : http_filters_) names.push_back(name);
  for (const auto& [name, parser] : request_handlers_) names.push_back(name);
  for (const auto& [name, parser] : downstreams_) names.push_back(name);
  for (const auto& [name, parser] : listener_filters_) names.push_back(name);
  for (const auto& [name, parser] : server_transports_) names.push_back(name);
  for (const auto& [name, parser] : client_transports_) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace sluice
