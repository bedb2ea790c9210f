#include "source/route/scope_config.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/scoped_route.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/route/route_config.h"

namespace sluice {
namespace {

using ScopeProto = envoy::config::route::v3::ScopedRouteConfiguration;
using ScopedRoutesProto =
    envoy::extensions::filters::network::http_connection_manager::v3::ScopedRoutes;
using ExtractorProto = ScopedRoutesProto::ScopeKeyBuilder::FragmentBuilder::HeaderValueExtractor;

ScopeFragment ParseExtractor(const ExtractorProto& proto, const FieldScope& scope) {
  ScopeFragment fragment;
  fragment.header = HeaderKey(proto.name());
  fragment.element_separator = proto.element_separator();
  if (proto.name().empty()) scope.At("name").Error("is required");
  switch (proto.extract_type_case()) {
    case ExtractorProto::kIndex:
      fragment.index = proto.index();
      if (fragment.element_separator.empty() && fragment.index > 0) {
        scope.At("index").Error("must be 0 without an element_separator: all of it is one element");
      }
      break;
    case ExtractorProto::kElement:
      fragment.key = proto.element().key();
      fragment.key_separator = proto.element().separator();
      if (fragment.key.empty()) scope.At("element.key").Error("is required");
      if (fragment.key_separator.empty()) scope.At("element.separator").Error("is required");
      break;
    case ExtractorProto::EXTRACT_TYPE_NOT_SET:
      scope.Error("does not say which part of the header is meant", "set index, or element");
  }
  return fragment;
}

}  // namespace

std::optional<Scope> ParseScope(const ScopeProto& proto, const FieldScope& scope,
                                RuntimeKeys* runtime, const FilterSettingsParsers* filters) {
  const size_t errors_before = scope.errors().size();
  Scope result;
  if (proto.name().empty()) scope.At("name").Error("is required");
  if (proto.on_demand()) {
    scope.At("on_demand")
        .Error("is not supported: no request waits for a table that is fetched for it",
               "leave it out: the table is fetched with the scope");
  }
  const FieldScope key = scope.At("key");
  if (proto.key().fragments().empty()) key.At("fragments").Error("is empty");
  for (int i = 0; i < proto.key().fragments_size(); ++i) {
    const auto& fragment = proto.key().fragments(i);
    if (!fragment.has_string_key()) key.At("fragments", i).Error("has no string_key");
    result.key.push_back(fragment.string_key());
  }
  result.table = proto.route_configuration_name();
  if (proto.has_route_configuration()) {
    const FieldScope at = scope.At("route_configuration");
    if (!result.table.empty()) at.Error("excludes route_configuration_name, which is set too");
    result.own = ParseRouteTable(proto.route_configuration(), at, runtime, filters);
  } else if (result.table.empty()) {
    scope.At("route_configuration_name").Error("is required", "or route_configuration");
  }
  if (scope.errors().size() != errors_before) return std::nullopt;
  return result;
}

Scopes ParseFixedScopes(const ScopedRoutesProto& proto, const FieldScope& scope,
                        RuntimeKeys* runtime, const FilterSettingsParsers* filters) {
  Scopes scopes;
  const auto& list = proto.scoped_route_configurations_list().scoped_route_configurations();
  const FieldScope at_list = scope.At("scoped_route_configurations_list");
  absl::flat_hash_map<std::vector<std::string>, std::string> owners;
  for (int i = 0; i < list.size(); ++i) {
    const FieldScope at = at_list.At("scoped_route_configurations", i);
    std::optional<Scope> one = ParseScope(list[i], at, runtime, filters);
    if (!one.has_value()) continue;
    const auto [owner, is_new] = owners.emplace(one->key, list[i].name());
    if (!is_new) ReportKeyConflict(owner->second, at);
    if (!scopes.emplace(list[i].name(), *std::move(one)).second) {
      at.At("name").Error(absl::StrCat("\"", list[i].name(), "\" is there already"));
    }
  }
  return scopes;
}

std::vector<ScopeFragment> ParseScopeFragments(const ScopedRoutesProto& proto,
                                               const FieldScope& scope) {
  std::vector<ScopeFragment> fragments;
  const auto& list = proto.scope_key_builder().fragments();
  const FieldScope at_builder = scope.At("scope_key_builder");
  if (list.empty()) at_builder.At("fragments").Error("is empty");
  for (int i = 0; i < list.size(); ++i) {
    const FieldScope at = at_builder.At("fragments", i);
    if (!list[i].has_header_value_extractor()) {
      at.Error("has no header_value_extractor");
      continue;
    }
    fragments.push_back(
        ParseExtractor(list[i].header_value_extractor(), at.At("header_value_extractor")));
  }
  return fragments;
}

absl::btree_map<std::string, std::string> KeyConflicts(const Scopes& present,
                                                       const Scopes& changed) {
  absl::btree_map<std::string, std::string> conflicts;
  const auto keeps_key = [&](const std::string& name, const Scope& scope) {
    const auto at = changed.find(name);
    return at == changed.end() || conflicts.contains(name) || at->second.key == scope.key;
  };
  // What is in conflict keeps a key that yet another may have meant to take.
  for (size_t known = SIZE_MAX; known != conflicts.size();) {
    known = conflicts.size();
    absl::flat_hash_map<std::vector<std::string>, std::string> owners;
    for (const auto& [name, scope] : present) {
      if (keeps_key(name, scope)) owners.emplace(scope.key, name);
    }
    for (const auto& [name, scope] : changed) {
      const auto before = present.find(name);
      if (conflicts.contains(name)) continue;
      if (before != present.end() && before->second.key == scope.key) continue;
      const auto [owner, is_new] = owners.emplace(scope.key, name);
      if (!is_new) conflicts[name] = owner->second;
    }
  }
  return conflicts;
}

void ReportKeyConflict(const std::string& other, const FieldScope& scope) {
  scope.At("key").Error(absl::StrCat("is the key of the scope \"", other, "\", too"),
                        "each scope has a key of its own");
}

}  // namespace sluice
