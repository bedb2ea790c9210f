#include "examples/control_plane/asked.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace control_plane {

namespace discovery = envoy::service::discovery::v3;

void AskedWhole::Take(const discovery::DiscoveryRequest& request) {
  // An answer to what is not the last any more says nothing; another will come.
  if (!request.response_nonce().empty() && request.response_nonce() != nonce_) return;
  const std::set<std::string> names(request.resource_names().begin(),
                                    request.resource_names().end());
  // Without names a proxy asks for all, unless it has ever named some: then it wants none.
  has_named_ |= !names.empty();
  const bool wants_all = names.contains("*") || !has_named_;
  must_answer_ |= request.response_nonce().empty() || names != names_ || wants_all != wants_all_;
  names_ = names;
  wants_all_ = wants_all;
}

std::optional<discovery::DiscoveryResponse> AskedWhole::Owed(const std::string& type_url,
                                                             const ItemsOfKind& items) {
  discovery::DiscoveryResponse response;
  std::string versions;
  for (const auto& [name, item] : items) {
    if (!wants_all_ && !names_.contains(name)) continue;
    *response.add_resources() = item.body;
    absl::StrAppend(&versions, name, "=", item.version, ";");
  }
  google::protobuf::Any all;
  all.set_value(versions);
  const std::string version = MakeItem(all).version;
  if (!must_answer_ && version == version_sent_) return std::nullopt;
  must_answer_ = false;
  version_sent_ = version;
  nonce_ = absl::StrCat(++nonces_);
  response.set_type_url(type_url);
  response.set_version_info(version);
  response.set_nonce(nonce_);
  return response;
}

void AskedChanges::Take(const discovery::DeltaDiscoveryRequest& request) {
  for (const std::string& name : request.resource_names_subscribe()) {
    if (name == "*") {
      wants_all_ = true;
      continue;
    }
    names_.insert(name);
    sent_.erase(name);  // who asks has not got it, whatever was sent before
    missing_.erase(name);
  }
  for (const std::string& name : request.resource_names_unsubscribe()) {
    if (name == "*") wants_all_ = false;
    names_.erase(name);
    if (!Wants(name)) sent_.erase(name);
  }
  if (is_first_) {
    wants_all_ |= request.resource_names_subscribe().empty();
    for (const auto& [name, version] : request.initial_resource_versions()) sent_[name] = version;
  }
  is_first_ = false;
}

std::optional<discovery::DeltaDiscoveryResponse> AskedChanges::Owed(const std::string& type_url,
                                                                    const ItemsOfKind& items) {
  discovery::DeltaDiscoveryResponse response;
  for (const auto& [name, item] : items) {
    if (!Wants(name)) continue;
    missing_.erase(name);
    std::string& sent = sent_[name];
    if (sent == item.version) continue;
    sent = item.version;
    auto& resource = *response.add_resources();
    resource.set_name(name);
    resource.set_version(item.version);
    *resource.mutable_resource() = item.body;
  }
  for (auto at = sent_.begin(); at != sent_.end();) {
    const bool is_gone = !items.contains(at->first);
    if (is_gone) {
      response.add_removed_resources(at->first);
      if (names_.contains(at->first)) missing_.insert(at->first);
    }
    at = is_gone ? sent_.erase(at) : std::next(at);
  }
  for (const std::string& name : names_) {
    const bool is_there = items.contains(name);
    if (!is_there && missing_.insert(name).second) response.add_removed_resources(name);
  }
  if (response.resources().empty() && response.removed_resources().empty()) return std::nullopt;
  response.set_type_url(type_url);
  response.set_nonce(absl::StrCat(++nonces_));
  return response;
}

}  // namespace control_plane
