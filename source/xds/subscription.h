// Subscription: what is wanted of one kind of resource on one stream, what has come, and which
// request is owed for it. Pure: the two dialects read and write it, the stream sends what they
// make.
//
// Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "source/xds/resource.h"

namespace sluice {

struct Subscription {
  explicit Subscription(const ResourceType& type) : type(&type) {}

  bool wanted() const { return wants_all || !names.empty(); }
  // Whether anybody here has asked for it.
  bool wants(absl::string_view name) const { return wants_all || names.contains(name); }
  // Whether the server is to hear of it: for the first time, or that something has changed, or an
  // answer.
  bool request_due() const {
    if (!asked) return wanted();
    return (answer_due && !answer_waits) || asked_for_all != wants_all || !added.empty() ||
           !dropped.empty();
  }
  // False: it is wanted already.
  bool Add(const std::string& name) {
    if (!names.insert(name).second) return false;
    if (asked && dropped.erase(name) == 0) added.insert(name);
    return true;
  }
  // With what had been accepted of it. False: it was not wanted.
  bool Drop(const std::string& name) {
    if (names.erase(name) == 0) return false;
    if (asked && added.erase(name) == 0) dropped.insert(name);
    versions.erase(name);
    refused.erase(name);
    return true;
  }
  // Of a name that is wanted again before the server has heard that it was not: it would not send
  // what it believes to be known.
  bool must_tell_before(const std::string& name) const { return dropped.contains(name); }
  void NoteRequest() {
    asked = true;
    asked_for_all = wants_all;
    added.clear();
    dropped.clear();
    answer_due = answer_waits = false;
    refusal.clear();
    refusal_details.clear();
  }
  // A new stream knows nothing; what has been accepted stays so.
  void StartStream() {
    asked = asked_for_all = answer_due = answer_waits = false;
    added.clear();
    dropped.clear();
    nonce.clear();
    refusal.clear();
    refusal_details.clear();
  }

  const ResourceType* type;
  bool wants_all = false;  // the wildcard
  absl::btree_set<std::string> names;

  // What has been accepted: by name, and the last version of a whole response.
  absl::btree_map<std::string, std::string> versions;
  std::string version;
  // Of what has come and was refused, names of which nothing had been accepted.
  absl::btree_set<std::string> refused;

  // Of the present stream.
  bool asked = false;
  bool asked_for_all = false;
  // Names that the server has yet to hear of: what has changed, not what there is.
  absl::btree_set<std::string> added, dropped;
  std::string nonce;                           // of the last response
  bool answer_due = false;                     // it has been dealt with, and not answered
  bool answer_waits = false;                   // and is not to be yet
  std::string refusal;                         // why not; empty: accepted
  std::vector<ResourceError> refusal_details;  // the same, for programs
};

}  // namespace sluice
