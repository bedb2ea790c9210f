// UpdateSteps: what happens to every resource that comes by discovery, of whatever kind: unpack,
// judge, leave be what means the same as before, apply or refuse, remember. Of what is refused, the
// version before stays in force.
//
// Main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "google/protobuf/util/message_differencer.h"
#include "source/base/units.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/control/resource_check.h"
#include "source/xds/resource.h"

namespace sluice {

// What was not accepted.
struct Refusal {
  std::string version;
  std::string text;  // why
  WallTime at{};
  std::string body;  // as it came; empty: nobody knows
};

// What is in force under a name, and what has been refused since.
struct ResourceRecord {
  std::string version;  // of what is in force; with an empty body nothing is
  std::string body;     // as it came: bytes of its kind's message
  WallTime updated_at{};
  std::shared_ptr<const Refusal> refused;  // null: the last that came was accepted

  bool has_body() const { return !body.empty(); }  // every resource has a name, at least
};

// One of them, as it is shown.
struct RecordView {
  const ResourceRecord& record;
  // What was accepted last is not in force yet: it warms, or waits for other resources. `before` is
  // in force until then; null: nothing is.
  bool is_coming = false;
  const ResourceRecord* before = nullptr;
  // Nothing has come of what was asked for by this name, and nobody waits for it any longer.
  bool is_missing = false;
};

// What has been asked for by its name, and has no record: nothing has come, or it is gone again.
struct AwaitedName {
  std::string name;
  bool is_missing = false;  // it has not come in its time, or the server has none
};

// In order of name.
using ResourceRecords = absl::btree_map<std::string, ResourceRecord>;

// `apply` puts the resource in force, or reports errors and changes nothing.
template <class Proto>
using ApplyResource =
    std::function<void(const Proto& proto, const std::string& version, const FieldScope& scope)>;

// The server has it no longer. Whether anything of that name was in force.
inline bool Forget(ResourceRecords& records, const std::string& name) {
  const auto at = records.find(name);
  if (at == records.end()) return false;
  const bool was_in_force = at->second.has_body();
  records.erase(at);
  return was_in_force;
}

template <class Proto>
bool MeansTheSame(const std::string& body, const Proto& proto) {
  Proto before;
  return before.ParseFromString(body) &&
         google::protobuf::util::MessageDifferencer::Equals(before, proto);
}

template <class Proto>
std::vector<ResourceError> UpdateResources(const std::vector<Resource>& resources, WallTime now,
                                           ResourceRecords& records,
                                           const ApplyResource<Proto>& apply) {
  std::vector<ResourceError> refused;
  for (const Resource& resource : resources) {
    Proto proto;
    ConfigErrors errors;
    bool is_applied = false;
    {
      const ResourceRecord& record = records[resource.name];
      // What was refused since may be in force in part: so what was there before is applied again.
      const bool is_there = record.has_body() && record.refused == nullptr;
      const bool same_bytes = is_there && record.body == resource.body.value();
      if (!same_bytes) CheckResource(resource, proto, errors);
      is_applied = !same_bytes && errors.empty() && !(is_there && MeansTheSame(record.body, proto));
    }
    if (is_applied) apply(proto, resource.version, FieldScope(errors));
    ResourceRecord& record = records[resource.name];  // anew: `apply` may have changed them
    if (!errors.empty()) {
      refused.push_back(RefusalOf(resource, errors));
      record.refused = std::make_shared<const Refusal>(
          Refusal{resource.version, refused.back().text, now, resource.body.value()});
      continue;
    }
    record = {.version = resource.version,
              .body = resource.body.value(),
              .updated_at = is_applied ? now : record.updated_at,
              .refused = nullptr};
  }
  return refused;
}

}  // namespace sluice
