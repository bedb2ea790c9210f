#include "source/route/action_config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "google/protobuf/struct.pb.h"
#include "re2/re2.h"
#include "source/config/proto_fields.h"
#include "source/config/value_text.h"
#include "source/http/match/match_config.h"
#include "source/route/hash_policy_config.h"
#include "source/route/header_edits_config.h"
#include "source/route/per_filter_config.h"
#include "source/route/retry_policy_config.h"

namespace sluice {
namespace {

using envoy::config::core::v3::Metadata;
using envoy::config::route::v3::DirectResponseAction;
using envoy::config::route::v3::RedirectAction;
using envoy::config::route::v3::RouteAction;
using ProtoWeightedCluster = envoy::config::route::v3::WeightedCluster;
using envoy::type::matcher::v3::RegexMatchAndSubstitute;
using google::protobuf::Struct;

RegexRewrite ParseRegexRewrite(const RegexMatchAndSubstitute& rewrite, const FieldScope& scope) {
  RegexRewrite result;
  result.pattern = ParseRegexMatcher(rewrite.pattern(), scope.At("pattern"));
  result.substitution = rewrite.substitution();
  std::string error;
  if (result.pattern != nullptr &&
      !result.pattern->CheckRewriteString(result.substitution, &error)) {
    scope.At("substitution").Error(error);
  }
  return result;
}

PathRewrite PrefixRewrite(const std::string& prefix, const PathMatch& path) {
  const bool part =
      path.kind == PathMatch::Kind::kPrefix || path.kind == PathMatch::Kind::kSeparatedPrefix;
  PathRewrite rewrite;
  if (prefix.empty()) return rewrite;
  rewrite.kind = PathRewrite::Kind::kPrefix;
  rewrite.matched_bytes = part ? path.text.size() : PathRewrite::kWholePath;
  rewrite.prefix = prefix;
  return rewrite;
}

PathRewrite RegexPathRewrite(const RegexMatchAndSubstitute& regex, const FieldScope& scope) {
  PathRewrite rewrite;
  rewrite.kind = PathRewrite::Kind::kRegex;
  rewrite.regex = ParseRegexRewrite(regex, scope);
  return rewrite;
}

WeightedCluster ParseWeightedCluster(const ProtoWeightedCluster::ClusterWeight& cluster,
                                     const FieldScope& scope) {
  WeightedCluster result;
  result.name = cluster.name();
  result.cluster_header = cluster.cluster_header();
  if (result.name.empty() == result.cluster_header.empty()) {
    scope.Error("needs exactly one of name and cluster_header");
  }
  result.request_edits = ParseRequestEdits(cluster, scope);
  result.response_edits = ParseResponseEdits(cluster, scope);
  result.host_rewrite_literal = cluster.host_rewrite_literal();
  RefusePerFilterConfig(cluster.typed_per_filter_config(), scope);
  return result;
}

// What is under "envoy.lb", and of `under` what it does not name.
Struct LbMetadata(const Metadata& metadata, const Struct& under = {}) {
  Struct merged = under;
  const auto at = metadata.filter_metadata().find("envoy.lb");
  if (at == metadata.filter_metadata().end()) return merged;
  for (const auto& [key, value] : at->second.fields()) (*merged.mutable_fields())[key] = value;
  return merged;
}

MetadataMatch ReadMetadataMatch(const Struct& metadata) {
  constexpr absl::string_view kList = "fallback_list";
  MetadataMatch match{.as_is = ReadKeyValues(metadata)};
  const auto list = metadata.fields().find(std::string(kList));
  if (list == metadata.fields().end()) return match;
  Struct rest = metadata;
  rest.mutable_fields()->erase(std::string(kList));
  for (const auto& item : list->second.list_value().values()) {
    Struct merged = rest;
    for (const auto& [key, value] : item.struct_value().fields()) {
      (*merged.mutable_fields())[key] = value;
    }
    match.list.push_back(ReadKeyValues(merged));
  }
  if (match.list.empty()) match.list.push_back(ReadKeyValues(rest));
  return match;
}

void ParseWeightedClusters(const ProtoWeightedCluster& clusters, const Struct& metadata,
                           ClusterAction& action, const FieldScope& scope) {
  uint64_t sum = 0;
  action.weights_by_runtime = !clusters.runtime_key_prefix().empty();
  for (int i = 0; i < clusters.clusters_size(); ++i) {
    const FieldScope cluster_scope = scope.At("clusters", i);
    WeightedCluster cluster = ParseWeightedCluster(clusters.clusters(i), cluster_scope);
    if (!clusters.clusters(i).has_weight()) cluster_scope.At("weight").Error("is required");
    cluster.metadata_match =
        ReadMetadataMatch(LbMetadata(clusters.clusters(i).metadata_match(), metadata));
    const uint32_t weight = clusters.clusters(i).weight().value();
    cluster.weight = action.weights_by_runtime
                         ? RuntimeNumber(weight, absl::StrCat(clusters.runtime_key_prefix(), ".",
                                                              clusters.clusters(i).name()))
                         : RuntimeNumber(weight);
    sum += weight;
    cluster.weight_end = sum;
    action.weighted_clusters.push_back(std::move(cluster));
  }
  action.weight_header = HeaderKey(clusters.header_name()).text;
  if (sum == 0) scope.At("clusters").Error("the weights must not all be zero");
  if (sum > UINT32_MAX) scope.At("clusters").Error("the sum of weights is over 4294967295");
  const uint32_t total = UInt32Or(clusters, "total_weight", 0, scope);
  if (total != 0 && total != sum) {
    scope.At("total_weight")
        .Error(absl::StrCat("is ", total, ", but the weights add up to ", sum), "leave it out");
  }
}

void ParseClusterSpecifier(const RouteAction& proto, ClusterAction& action,
                           const FieldScope& scope) {
  switch (proto.cluster_specifier_case()) {
    case RouteAction::kCluster:
      action.cluster = proto.cluster();
      if (action.cluster.empty()) scope.At("cluster").Error("must not be empty");
      return;
    case RouteAction::kClusterHeader:
      action.cluster_header = HeaderKey(proto.cluster_header()).text;
      if (action.cluster_header.empty()) scope.At("cluster_header").Error("must not be empty");
      return;
    case RouteAction::kWeightedClusters:
      ParseWeightedClusters(proto.weighted_clusters(), LbMetadata(proto.metadata_match()), action,
                            scope.At("weighted_clusters"));
      return;
    case RouteAction::kClusterSpecifierPlugin:
      scope.At("cluster_specifier_plugin").Error("no such plugin is built in");
      return;
    case RouteAction::kInlineClusterSpecifierPlugin:
      scope.At("inline_cluster_specifier_plugin").Error("no such plugin is built in");
      return;
    case RouteAction::CLUSTER_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error("needs a cluster", "set one of cluster, cluster_header, weighted_clusters");
}

HostRewrite ParseHostRewrite(const RouteAction& action, const FieldScope& scope) {
  HostRewrite rewrite;
  switch (action.host_rewrite_specifier_case()) {
    case RouteAction::kHostRewriteLiteral:
      rewrite.text = action.host_rewrite_literal();
      if (!rewrite.text.empty()) rewrite.kind = HostRewrite::Kind::kLiteral;
      break;
    case RouteAction::kAutoHostRewrite:
      if (action.auto_host_rewrite().value()) rewrite.kind = HostRewrite::Kind::kUpstream;
      break;
    case RouteAction::kHostRewriteHeader:
      rewrite.text = HeaderKey(action.host_rewrite_header()).text;
      if (!rewrite.text.empty()) rewrite.kind = HostRewrite::Kind::kHeader;
      break;
    case RouteAction::kHostRewritePathRegex:
      rewrite.kind = HostRewrite::Kind::kPathRegex;
      rewrite.regex =
          ParseRegexRewrite(action.host_rewrite_path_regex(), scope.At("host_rewrite_path_regex"));
      break;
    case RouteAction::HOST_REWRITE_SPECIFIER_NOT_SET:
      break;
  }
  return rewrite;
}

std::vector<UpgradeRule> ParseUpgradeRules(const RouteAction& proto, const FieldScope& scope) {
  std::vector<UpgradeRule> rules;
  for (int i = 0; i < proto.upgrade_configs_size(); ++i) {
    const auto& config = proto.upgrade_configs(i);
    const FieldScope at = scope.At("upgrade_configs", i);
    const bool twice = std::any_of(rules.begin(), rules.end(), [&](const UpgradeRule& rule) {
      return absl::EqualsIgnoreCase(rule.type, config.upgrade_type());
    });
    if (twice) {
      at.At("upgrade_type")
          .Error(absl::StrCat("\"", config.upgrade_type(), "\" is there already"),
                 "once for a type; case does not count");
    }
    rules.push_back({config.upgrade_type(), BoolOr(config, "enabled", true)});
  }
  return rules;
}

std::optional<ConnectEnd> ParseConnectEnd(const RouteAction& proto, const FieldScope& scope) {
  std::optional<ConnectEnd> end;
  for (int i = 0; i < proto.upgrade_configs_size(); ++i) {
    const auto& config = proto.upgrade_configs(i);
    if (!config.has_connect_config()) continue;
    if (!absl::EqualsIgnoreCase(config.upgrade_type(), "CONNECT")) {
      const FieldScope at = scope.At("upgrade_configs", i);
      at.At("connect_config")
          .Error(absl::StrCat("is not for \"", config.upgrade_type(), "\""),
                 "upgrade_type must be CONNECT");
    }
    if (BoolOr(config, "enabled", true)) end = {.allow_post = config.connect_config().allow_post()};
  }
  return end;
}

uint16_t NotFoundCode(RouteAction::ClusterNotFoundResponseCode code) {
  switch (code) {
    case RouteAction::NOT_FOUND:
      return 404;
    case RouteAction::INTERNAL_SERVER_ERROR:
      return 500;
    default:
      return 503;
  }
}

uint16_t RedirectStatus(RedirectAction::RedirectResponseCode code) {
  switch (code) {
    case RedirectAction::FOUND:
      return 302;
    case RedirectAction::SEE_OTHER:
      return 303;
    case RedirectAction::TEMPORARY_REDIRECT:
      return 307;
    case RedirectAction::PERMANENT_REDIRECT:
      return 308;
    default:
      return 301;
  }
}

}  // namespace

ClusterAction ParseClusterAction(const RouteAction& proto, const PathMatch& path,
                                 const FieldScope& scope) {
  ClusterAction action;
  action.metadata_match = ReadMetadataMatch(LbMetadata(proto.metadata_match()));
  ParseClusterSpecifier(proto, action, scope);
  action.cluster_not_found_code = NotFoundCode(proto.cluster_not_found_response_code());
  action.path_rewrite = PrefixRewrite(proto.prefix_rewrite(), path);
  if (proto.has_regex_rewrite()) {
    if (action.path_rewrite.any()) {
      scope.At("regex_rewrite").Error("prefix_rewrite is set too", "set one of them");
    }
    action.path_rewrite = RegexPathRewrite(proto.regex_rewrite(), scope.At("regex_rewrite"));
  }
  action.host_rewrite = ParseHostRewrite(proto, scope);
  action.append_x_forwarded_host = proto.append_x_forwarded_host();
  action.timeout = DurationOr(proto, "timeout", action.timeout, scope);
  action.idle_timeout = OptionalDuration(proto, "idle_timeout", scope);
  if (proto.has_max_stream_duration()) {
    const FieldScope duration_scope = scope.At("max_stream_duration");
    action.max_stream_duration =
        OptionalDuration(proto.max_stream_duration(), "max_stream_duration", duration_scope);
    action.grpc_timeout_max =
        OptionalDuration(proto.max_stream_duration(), "grpc_timeout_header_max", duration_scope);
    action.grpc_timeout_offset = DurationOr(
        proto.max_stream_duration(), "grpc_timeout_header_offset", Duration{0}, duration_scope);
  }
  action.upgrades = ParseUpgradeRules(proto, scope);
  action.connect = ParseConnectEnd(proto, scope);
  if (proto.priority() == envoy::config::core::v3::HIGH) action.priority = RoutePriority::kHigh;
  if (proto.has_retry_policy())
    action.retry = ParseRetryPolicy(proto.retry_policy(), scope.At("retry_policy"));
  action.hash_policies = ParseHashPolicies(proto, scope);
  return action;
}

Redirect ParseRedirect(const RedirectAction& proto, const PathMatch& path,
                       const FieldScope& scope) {
  Redirect redirect;
  redirect.status = RedirectStatus(proto.response_code());
  redirect.scheme = proto.https_redirect() ? "https" : proto.scheme_redirect();
  redirect.host = proto.host_redirect();
  if (proto.port_redirect() > 65535) scope.At("port_redirect").Error("must be at most 65535");
  if (proto.port_redirect() != 0) redirect.port = absl::StrCat(":", proto.port_redirect());
  redirect.path = proto.path_redirect();
  redirect.path_rewrite = PrefixRewrite(proto.prefix_rewrite(), path);
  if (proto.has_regex_rewrite()) {
    redirect.path_rewrite = RegexPathRewrite(proto.regex_rewrite(), scope.At("regex_rewrite"));
  }
  redirect.strip_query = proto.strip_query();
  return redirect;
}

DirectResponse ParseDirectResponse(const DirectResponseAction& proto, size_t body_bytes_max,
                                   const FieldScope& scope) {
  DirectResponse response;
  response.status = static_cast<uint16_t>(proto.status());
  if (proto.status() < 200 || proto.status() > 599) {
    scope.At("status").Error("must be from 200 to 599");
  }
  if (proto.has_body()) {
    response.body = ReadDataSource(proto.body(), scope.At("body"), {body_bytes_max}).value_or("");
  }
  return response;
}

}  // namespace sluice
