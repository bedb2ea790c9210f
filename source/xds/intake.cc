#include "source/xds/intake.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kRefusalBytesMax = 16 * 1024;

}  // namespace

std::vector<ResourceError> TakeIn(Response& response, const std::vector<std::string>& gone,
                                  Subscription& subscription, ResourceUser& user) {
  absl::flat_hash_set<absl::string_view> names;
  for (const Resource& resource : response.resources) {
    if (names.insert(resource.name).second) continue;
    return {{resource.name, resource.version, "comes twice in one response"}};
  }
  std::vector<ResourceError> errors;
  std::vector<Resource> good;
  for (Resource& resource : response.resources) {
    if (!subscription.wants(resource.name) || resource.is_heartbeat) continue;
    if (resource.body.type_url() == subscription.type->url) {
      good.push_back(std::move(resource));
      continue;
    }
    errors.push_back(
        {resource.name, resource.version, absl::StrCat("holds a ", resource.body.type_url())});
  }
  for (const std::string& name : gone) subscription.versions.erase(name);
  for (ResourceError& error : user.OnResources(good, gone)) errors.push_back(std::move(error));
  absl::flat_hash_set<absl::string_view> refused;
  for (const ResourceError& error : errors) refused.insert(error.name);
  for (Resource& resource : good) {
    // In the meantime its user may have dropped it.
    if (refused.contains(resource.name) || !subscription.wants(resource.name)) continue;
    subscription.versions[resource.name] = std::move(resource.version);
  }
  return errors;
}

std::string RefusalText(const ResourceType& type, const std::vector<ResourceError>& errors) {
  const absl::string_view kind = type.url.substr(type.url.rfind('.') + 1);
  std::string text;
  for (const ResourceError& error : errors) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", kind, " \"", error.name, "\": ", error.text);
    if (text.size() > kRefusalBytesMax) break;
  }
  if (text.size() > kRefusalBytesMax) text = absl::StrCat(text.substr(0, kRefusalBytesMax), "...");
  return text;
}

}  // namespace sluice
