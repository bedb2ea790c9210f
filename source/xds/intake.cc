#include "source/xds/intake.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "source/xds/dialect.h"
#include "source/xds/utf8.h"

namespace sluice {
namespace {

constexpr size_t kRefusalBytesMax = 16 * 1024;

std::vector<ResourceError> Doubles(const std::vector<Resource>& resources) {
  std::vector<ResourceError> errors;
  absl::flat_hash_set<absl::string_view> names, told;
  for (const Resource& resource : resources) {
    if (names.insert(resource.name).second || !told.insert(resource.name).second) continue;
    errors.push_back({resource.name, resource.version, "comes twice in one response"});
  }
  return errors;
}

// Why nobody need look at it; empty: it may be good. By its own name it is put in force, by that of
// its wrapper it is known to the server: they are to be the same.
std::string MistakeOf(const Resource& resource, const ResourceType& type) {
  if (!resource.mistake.empty()) return resource.mistake;
  if (resource.body.type_url() != type.url) {
    return resource.body.type_url().empty() ? "holds nothing"
                                            : absl::StrCat("holds a ", resource.body.type_url());
  }
  const std::string own = NameOf(resource.body);
  if (own.empty()) return "has no name, or cannot be read";
  const bool may_differ = type.is_named_outside;
  return may_differ || own == resource.name ? "" : absl::StrCat("is named \"", own, "\" inside");
}

// What was accepted, and of what was not the names that are new.
void Note(const std::vector<Resource>& good, const std::vector<ResourceError>& errors,
          Subscription& subscription) {
  absl::flat_hash_set<absl::string_view> refused;
  for (const ResourceError& error : errors) refused.insert(error.name);
  for (const Resource& resource : good) {
    // In the meantime its user may have dropped it.
    if (!subscription.wants(resource.name)) continue;
    if (!refused.contains(resource.name)) {
      subscription.versions[resource.name] = resource.version;
      subscription.refused.erase(resource.name);
    } else if (!subscription.versions.contains(resource.name)) {
      subscription.refused.insert(resource.name);
    }
  }
}

}  // namespace

bool Intake::TakePart(size_t count, Subscription& subscription, ResourceUser& user) {
  std::vector<Resource>& resources = response_.resources;
  if (!taken_.is_seen) {
    taken_.errors = Doubles(resources);
    if (!taken_.errors.empty()) return false;
    for (const std::string& name : gone_) {
      subscription.versions.erase(name);
      subscription.refused.erase(name);
    }
  }
  std::vector<Resource> good;
  std::vector<ResourceError> errors;
  const size_t end = std::min(resources.size(), next_ + count);
  for (; next_ < end; ++next_) {
    Resource& resource = resources[next_];
    const bool is_wanted =
        !resource.mistake.empty() || resource.name.empty() || subscription.wants(resource.name);
    if (!is_wanted || resource.is_heartbeat) continue;
    std::string mistake = MistakeOf(resource, *subscription.type);
    if (mistake.empty()) {
      good.push_back({resource.name, resource.version, std::move(resource.body), resource.ttl,
                      false, "", std::move(resource.aliases)});
    } else {
      errors.push_back({resource.name, resource.version, std::move(mistake)});
    }
  }
  const bool is_first = !std::exchange(taken_.is_seen, true);
  for (ResourceError& error :
       user.OnResources(good, is_first ? gone_ : std::vector<std::string>())) {
    errors.push_back(std::move(error));
  }
  Note(good, errors, subscription);
  std::move(errors.begin(), errors.end(), std::back_inserter(taken_.errors));
  if (next_ < resources.size()) return true;
  user.OnResponseEnd();
  return false;
}

std::string RefusalText(const ResourceType& type, const std::vector<ResourceError>& errors) {
  const absl::string_view kind = type.url.substr(type.url.rfind('.') + 1);
  std::string text;
  size_t told = 0;
  for (const ResourceError& error : errors) {
    if (text.size() > kRefusalBytesMax) break;
    absl::StrAppend(&text, text.empty() ? "" : "\n", kind, " \"", error.name, "\": ", error.text);
    ++told;
  }
  const bool is_cut = text.size() > kRefusalBytesMax;
  text = AsUtf8(text, kRefusalBytesMax);
  if (is_cut) absl::StrAppend(&text, "...");
  if (told < errors.size()) absl::StrAppend(&text, "\nand ", errors.size() - told, " more");
  return text;
}

}  // namespace sluice
