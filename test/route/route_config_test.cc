#include "source/route/route_config.h"

#include <gtest/gtest.h>

#include "source/http/websocket/policy.h"
#include "source/route/retry_policy.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

std::string ErrorsOf(const std::string& routes) {
  std::string errors;
  EXPECT_EQ(ReadRoutes(routes, &errors), nullptr);
  return errors;
}

TEST(RouteConfig, DefaultsOfAClusterAction) {
  const auto table = ReadRoutes("routes { match { prefix: '/' } route { cluster: 'c' } }");
  const ClusterAction& action =
      *table->Match(TestRequest("/").headers, false, 0).route->cluster_action();
  EXPECT_EQ(action.timeout, std::chrono::seconds(15));
  EXPECT_EQ(action.idle_timeout, std::nullopt);
  EXPECT_EQ(action.max_stream_duration, std::nullopt);
  EXPECT_EQ(action.cluster_not_found_code, 503);
  EXPECT_EQ(action.priority, RoutePriority::kDefault);
  EXPECT_FALSE(action.path_rewrite.any());
  EXPECT_EQ(table->validate_clusters(), std::nullopt);
}

TEST(RouteConfig, FieldsOfAClusterAction) {
  const auto table = ReadRouteTable(
      "name: 'local' validate_clusters { value: false } virtual_hosts { name: 'v' domains: '*' "
      "include_request_attempt_count: true routes { name: 'r' match { prefix: '/' } route { "
      "cluster: "
      "'c' timeout { } idle_timeout { seconds: 3 } max_stream_duration { max_stream_duration { "
      "seconds: 4 } } priority: HIGH cluster_not_found_response_code: NOT_FOUND "
      "append_x_forwarded_host: true } } routes { match { path: '/b' } route { cluster: 'b' } } }");
  const RouteMatch match = table->Match(TestRequest("/").headers, false, 0);
  const ClusterAction& action = *match.route->cluster_action();
  EXPECT_EQ(action.timeout, Duration(0));
  EXPECT_EQ(action.idle_timeout, std::chrono::seconds(3));
  EXPECT_EQ(action.max_stream_duration, std::chrono::seconds(4));
  EXPECT_EQ(action.cluster_not_found_code, 404);
  EXPECT_EQ(action.priority, RoutePriority::kHigh);
  EXPECT_TRUE(action.append_x_forwarded_host);
  EXPECT_EQ(table->name(), "local");
  EXPECT_EQ(table->validate_clusters(), false);
  EXPECT_EQ(table->clusters(), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(match.virtual_host->name, "v");
  EXPECT_TRUE(match.virtual_host->attempt_count_in_request);
  EXPECT_EQ(match.route->virtual_host, match.virtual_host);
}

std::string Text(const KeyValues& values) {
  std::string text;
  for (const KeyValue& entry : values.entries()) text += entry.key + "=" + entry.value + " ";
  return text;
}

// A metadata_match.
std::string Lb(const std::string& fields) {
  return "metadata_match { filter_metadata { key: 'envoy.lb' value { " + fields + " } } } ";
}
std::string Field(const std::string& key, const std::string& value) {
  return "fields { key: '" + key + "' value { " + value + " } } ";
}
std::string Item(const std::string& fields) {
  return "values { struct_value { " + fields + " } } ";
}

TEST(RouteConfig, AListOfMetadataIsLaidOverWhatElseIsAskedFor) {
  const std::string version = Field("version", "number_value: 1");
  const auto with_list = [&](const std::string& items) {
    const auto table =
        ReadRoutes("routes { match { prefix: '/' } route { cluster: 'c' " +
                   Lb(version + Field("fallback_list", "list_value { " + items + " }")) + "} }");
    return table->Match(TestRequest("/").headers, false, 0).route->cluster_action()->metadata_match;
  };
  const MetadataMatch match = with_list(
      Item(Field("version", "number_value: 2") + Field("hardware", "string_value: 'c64'")) +
      Item(Field("hardware", "string_value: 'c32'")));
  ASSERT_EQ(match.list.size(), 2u);
  EXPECT_EQ(Text(match.list[0]), "hardware=\"c64\" version=2 ");
  EXPECT_EQ(Text(match.list[1]), "hardware=\"c32\" version=1 ");
  EXPECT_EQ(match.as_is.entries().size(), 2u);  // the list is one of them
  const MetadataMatch empty = with_list("");
  ASSERT_EQ(empty.list.size(), 1u);
  EXPECT_EQ(Text(empty.list[0]), "version=1 ");
}

TEST(RouteConfig, AWeightedClusterAsksForMoreMetadataOrForOther) {
  const auto table = ReadRoutes(
      "routes { match { prefix: '/' } route { " +
      Lb(Field("version", "number_value: 1") + Field("stage", "string_value: 'prod'")) +
      "weighted_clusters { clusters { name: 'c' weight { value: 1 } " +
      Lb(Field("version", "number_value: 2") + Field("hardware", "bool_value: true")) + "} } } }");
  const ClusterAction& action =
      *table->Match(TestRequest("/").headers, false, 0).route->cluster_action();
  EXPECT_EQ(Text(action.metadata_match.as_is), "stage=\"prod\" version=1 ");
  EXPECT_EQ(Text(action.weighted_clusters[0].metadata_match.as_is),
            "hardware=true stage=\"prod\" version=2 ");
  EXPECT_TRUE(action.metadata_match.list.empty());
}

const RetryPolicy* RetryOf(const std::shared_ptr<const RouteTable>& table, const char* path) {
  return table->Match(TestRequest(path).headers, false, 0).route->cluster_action()->retry.get();
}

TEST(RouteConfig, RetryPolicyOfTheRouteElseOfItsHost) {
  const auto table = ReadRouteTable(
      "virtual_hosts { name: 'v' domains: '*' retry_policy { retry_on: '5xx' } "
      "per_request_buffer_limit_bytes { value: 9 } "
      "routes { match { prefix: '/own' } route { cluster: 'c' retry_policy { retry_on: 'reset, "
      "unavailable' num_retries { value: 3 } per_try_timeout { seconds: 2 } per_try_idle_timeout { "
      "seconds: 1 } retry_back_off { base_interval { seconds: 4 } } retriable_status_codes: 418 "
      "host_selection_retry_max_attempts: 7 retry_host_predicate { name: "
      "'envoy.retry_host_predicates.previous_hosts' } rate_limited_retry_back_off { reset_headers "
      "{ name: 'X-Reset' format: UNIX_TIMESTAMP } } } } per_request_buffer_limit_bytes { value: 8 "
      "} } "
      "routes { match { prefix: '/' } route { cluster: 'c' } } }");
  const RetryPolicy& own = *RetryOf(table, "/own");
  EXPECT_EQ(own.on, (RetryConditions{RetryCondition::kReset, RetryCondition::kGrpcUnavailable}));
  EXPECT_EQ(own.retries_max, 3u);
  EXPECT_EQ(own.per_try_timeout, std::chrono::seconds(2));
  EXPECT_EQ(own.per_try_idle_timeout, std::chrono::seconds(1));
  EXPECT_EQ(own.back_off_max, std::chrono::seconds(40));
  EXPECT_EQ(own.status_codes, (std::vector<uint32_t>{418}));
  EXPECT_TRUE(own.other_hosts);
  EXPECT_EQ(own.host_picks_more, 7u);
  ASSERT_EQ(own.reset_headers.size(), 1u);
  EXPECT_EQ(own.reset_headers[0].name.text, "x-reset");
  const RetryPolicy& hosts = *RetryOf(table, "/");
  EXPECT_EQ(hosts.on, RetryConditions{RetryCondition::k5xx});
  EXPECT_EQ(hosts.retries_max, 1u);
  EXPECT_EQ(hosts.host_picks_more, 1u);
  EXPECT_EQ(table->Match(TestRequest("/own").headers, false, 0).route->replay_bytes_max, 8u);
  EXPECT_EQ(table->Match(TestRequest("/").headers, false, 0).route->replay_bytes_max, 9u);
}

TEST(RouteConfig, HashPoliciesAreReadInTheirOrder) {
  const auto table = ReadRoutes(
      "routes { match { prefix: '/' } route { cluster: 'c' "
      "hash_policy { header { header_name: 'X-User' regex_rewrite { pattern { regex: '^(.).*' } "
      "substitution: '\\\\1' } } terminal: true } "
      "hash_policy { connection_properties { source_ip: true } } "
      "hash_policy { connection_properties { } } "
      "hash_policy { query_parameter { name: 'q' } } "
      "hash_policy { cookie { name: 's' ttl { } path: '/p' } } "
      "hash_policy { cookie { name: 't' } } } }");
  const auto& policies =
      table->Match(TestRequest("/").headers, false, 0).route->cluster_action()->hash_policies;
  ASSERT_EQ(policies.size(), 5u);
  EXPECT_EQ(policies[0].header.text, "x-user");
  EXPECT_TRUE(policies[0].terminal && policies[0].rewrite.pattern != nullptr);
  EXPECT_EQ(policies[1].kind, HashPolicy::Kind::kSourceIp);
  EXPECT_EQ(policies[2].name, "q");
  EXPECT_TRUE(policies[3].generates);
  EXPECT_EQ(policies[3].attributes, "; Path=/p; HttpOnly");
  EXPECT_FALSE(policies[4].generates);
}

TEST(RouteConfig, HashPoliciesThatCannotBeKeptAreErrors) {
  const auto errors = [](absl::string_view policy) {
    return ErrorsOf(absl::StrCat(
        "routes { match { prefix: '/' } route { cluster: 'c' hash_policy { ", policy, " } } }"));
  };
  EXPECT_NE(errors("filter_state { key: 'k' }").find("no filter state"), std::string::npos);
  EXPECT_NE(errors("terminal: true").find("needs something to hash"), std::string::npos);
  EXPECT_NE(errors("header { }").find("header_name"), std::string::npos);
  EXPECT_NE(errors("header { header_name: 'a' regex_rewrite { pattern { regex: '(' } } }")
                .find("regex_rewrite"),
            std::string::npos);
}

TEST(RouteConfig, RetryPoliciesThatCannotBeKeptAreErrors) {
  const auto errors = [](absl::string_view policy) {
    return ErrorsOf(absl::StrCat(
        "routes { match { prefix: '/' } route { cluster: 'c' retry_policy { ", policy, " } } }"));
  };
  EXPECT_NE(errors("retry_on: '5xx,never'").find("\"never\" is no condition"), std::string::npos);
  EXPECT_NE(errors("retry_host_predicate { name: 'x' }").find("no predicate \"x\""),
            std::string::npos);
  EXPECT_NE(errors("retry_back_off { base_interval { seconds: 2 } max_interval { seconds: 1 } }")
                .find("at least base_interval"),
            std::string::npos);
  EXPECT_NE(errors("retry_back_off { }").find("base_interval"), std::string::npos);
  EXPECT_NE(errors("retriable_status_codes: 600").find("100 to 599"), std::string::npos);
  EXPECT_NE(errors("host_selection_retry_max_attempts: 101").find("0 to 100"), std::string::npos);
  EXPECT_NE(errors("retry_priority { name: 'x' }").find("retry_priority"), std::string::npos);
}

TEST(RouteConfig, ConnectMayEndHere) {
  const auto end = [](absl::string_view upgrade) {
    const auto table = ReadRoutes(
        absl::StrCat("routes { match { prefix: '/' } route { cluster: 'c' upgrade_configs { ",
                     upgrade, " } } }"));
    return table->Match(TestRequest("/").headers, false, 0).route->cluster_action()->connect;
  };
  EXPECT_FALSE(end("upgrade_type: 'CONNECT'").has_value());
  const std::optional<ConnectEnd> here = end("upgrade_type: 'connect' connect_config { }");
  ASSERT_TRUE(here.has_value());
  EXPECT_FALSE(here->allow_post);
  EXPECT_TRUE(end("upgrade_type: 'CONNECT' connect_config { allow_post: true }")->allow_post);
  EXPECT_FALSE(
      end("upgrade_type: 'CONNECT' enabled { value: false } connect_config { }").has_value());
  EXPECT_EQ(ErrorsOf("routes { match { prefix: '/' } route { cluster: 'c' upgrade_configs { "
                     "upgrade_type: 'websocket' connect_config { } } } }"),
            "routes.virtual_hosts[0].routes[0].route.upgrade_configs[0].connect_config: is not for "
            "\"websocket\"; upgrade_type must be CONNECT\n");
}

TEST(RouteConfig, DirectResponsesAreBounded) {
  const auto table = ReadRoutes(
      "routes { match { prefix: '/' } direct_response { status: 404 body { inline_string: 'gone' } "
      "} }");
  const Route* route = table->Match(TestRequest("/").headers, false, 0).route;
  EXPECT_EQ(std::get<DirectResponse>(route->action).status, 404);
  EXPECT_EQ(std::get<DirectResponse>(route->action).body, "gone");
  const auto sized = [](size_t bytes) {
    return absl::StrCat(
        "routes { match { prefix: '/' } direct_response { status: 200 body { "
        "inline_string: '",
        std::string(bytes, 'x'), "' } } }");
  };
  EXPECT_NE(ReadRoutes(sized(4096)), nullptr);
  EXPECT_NE(ErrorsOf(sized(4097)), "");
}

TEST(RouteConfig, EveryErrorIsReportedWithItsField) {
  std::string errors;
  EXPECT_EQ(
      ReadRouteTable(
          "request_headers_to_remove: ':path' "
          "virtual_hosts { name: 'v' domains: 'a' domains: 'A' domains: 'a*b' } "
          "virtual_hosts { name: 'v' domains: '*' "
          "  routes { match { } route { } } "
          "  routes { match { prefix: '/' headers { name: 'x' safe_regex_match { regex: '(' } } "
          "} redirect { port_redirect: 70000 } } "
          "  routes { match { path_separated_prefix: '/a/' } direct_response { status: 99 } } "
          "  routes { match { prefix: '/?' } } "
          "  routes { match { prefix: '/' } filter_action { } } "
          "  routes { match { prefix: '/' } route { cluster: 'c' timeout { seconds: -1 } "
          "prefix_rewrite: '/' regex_rewrite { pattern { regex: 'a' } substitution: '\\\\1' } } "
          "response_headers_to_add { header { key: 'host' value: '%NOPE%' } } } }",
          &errors),
      nullptr);
  const auto has = [&errors](absl::string_view text) {
    EXPECT_NE(errors.find(text), std::string::npos) << text << "\nis not in\n" << errors;
  };
  has("routes.request_headers_to_remove[0]: \":path\" may not be removed");
  has("routes.virtual_hosts[0].domains[1]: \"A\" is there already");
  has("routes.virtual_hosts[0].domains[2]: \"a*b\" is no domain");
  has("routes.virtual_hosts[1].name: \"v\" is taken");
  has("routes.virtual_hosts[1].routes[0].match: needs a path");
  has("routes.virtual_hosts[1].routes[0].route: needs a cluster");
  has("routes.virtual_hosts[1].routes[1].match.headers[0].safe_regex_match.regex: ");
  has("routes.virtual_hosts[1].routes[1].redirect.port_redirect: must be at most 65535");
  has("routes.virtual_hosts[1].routes[2].match.path_separated_prefix: must not end with '/'");
  has("routes.virtual_hosts[1].routes[2].direct_response.status: must be from 200 to 599");
  has("routes.virtual_hosts[1].routes[3].match.prefix: holds '?' or '#'");
  has("routes.virtual_hosts[1].routes[3]: needs an action");
  has("routes.virtual_hosts[1].routes[4].filter_action: ");
  has("routes.virtual_hosts[1].routes[5].route.timeout: ");
  has("routes.virtual_hosts[1].routes[5].route.regex_rewrite: prefix_rewrite is set too");
  has("routes.virtual_hosts[1].routes[5].route.regex_rewrite.substitution: ");
  has("routes.virtual_hosts[1].routes[5].response_headers_to_add[0].header.key: \"host\" may not");
  has("routes.virtual_hosts[1].routes[5].response_headers_to_add[0].header.value: unknown command");
}

TEST(RouteConfig, WeightsThatDoNotAddUp) {
  const auto weights = [](absl::string_view clusters) {
    return absl::StrCat("routes { match { prefix: '/' } route { weighted_clusters { ", clusters,
                        " } } }");
  };
  EXPECT_EQ(
      ErrorsOf(weights("clusters { name: 'a' weight { value: 3 } } total_weight { value: 4 }")),
      "routes.virtual_hosts[0].routes[0].route.weighted_clusters.total_weight: is 4, but the "
      "weights add up to 3; leave it out\n");
  EXPECT_NE(ErrorsOf(weights("clusters { name: 'a' weight { } }")), "");
  EXPECT_NE(ErrorsOf(weights("clusters { name: 'a' }")), "");
  EXPECT_NE(ErrorsOf(weights("")), "");
  EXPECT_NE(ErrorsOf(weights("clusters { weight { value: 1 } }")), "");
  EXPECT_NE(ErrorsOf(weights("clusters { name: 'a' weight { value: 4294967295 } } "
                             "clusters { name: 'b' weight { value: 1 } }")),
            "");
}

TEST(RouteConfig, PerFilterConfigIsRefusedUnlessOptional) {
  const auto with = [](absl::string_view any) {
    return absl::StrCat(
        "routes { match { prefix: '/' } direct_response { status: 200 } "
        "typed_per_filter_config { key: 'f' value { ",
        any, " } } }");
  };
  EXPECT_EQ(
      ErrorsOf(with("[type.googleapis.com/envoy.config.route.v3.RedirectAction] {}")),
      "routes.virtual_hosts[0].routes[0].typed_per_filter_config[\"f\"]: no built-in filter takes "
      "configuration of type envoy.config.route.v3.RedirectAction; a FilterConfig with is_optional "
      "lets the route do without\n");
  EXPECT_NE(ReadRoutes(with("[type.googleapis.com/envoy.config.route.v3.FilterConfig] { "
                            "is_optional: true }")),
            nullptr);
}

TEST(RouteConfig, UpgradePerRouteOfTheMostSpecificLevelCounts) {
  const auto per_route = [](absl::string_view key, bool follow) {
    return absl::StrCat("typed_per_filter_config { key: '", key,
                        "' value { [type.googleapis.com/"
                        "sluice.extensions.http.upgrade.v1.UpgradePerRoute] { websocket { "
                        "follow_frames { value: ",
                        follow, " } } } } }");
  };
  const std::string route = "routes { match { prefix: '/' } direct_response { status: 200 } ";
  const auto follows = [](const std::string& host) {
    const auto table = ReadRoutes(host);
    const Route* const found = table->Match(TestRequest("/").headers, false, 0).route;
    return found->websocket == nullptr ? -1 : int{found->websocket->follow_frames};
  };
  EXPECT_EQ(follows(route + "}"), -1);
  EXPECT_EQ(follows(route + per_route("any", false) + "}"), 0);
  EXPECT_EQ(follows(route + "} " + per_route("any", false)), 0);
  EXPECT_EQ(follows(route + per_route("any", true) + "} " + per_route("any", false)), 1);
  EXPECT_NE(ErrorsOf(route + per_route("a", true) + per_route("b", true) + "}"), "");
}

TEST(RouteConfig, WebSocketPoliciesThatCannotBeHeld) {
  const auto errors = [](absl::string_view policy) {
    return ErrorsOf(absl::StrCat(
        "routes { match { prefix: '/' } direct_response { status: 200 } } typed_per_filter_config "
        "{ key: 'u' value { [type.googleapis.com/sluice.extensions.http.upgrade.v1."
        "UpgradePerRoute] { websocket { ",
        policy, " } } } }"));
  };
  const std::string at = "routes.virtual_hosts[0].typed_per_filter_config[\"u\"].websocket.";
  EXPECT_EQ(errors("ping { timeout { seconds: 1 } }"), at + "ping.interval: is required\n");
  EXPECT_EQ(errors("max_age { seconds: 1 } max_age_jitter_percent: 101"),
            at + "max_age_jitter_percent: must be at most 100\n");
  EXPECT_EQ(errors("max_message_bytes { }"),
            at + "max_message_bytes: must be at least 1; leave it out for any size\n");
  EXPECT_EQ(errors("follow_frames { } enforce: true"),
            at + "follow_frames: is false, but the policies need to know where frames end; leave "
                 "it out\n");
  EXPECT_NE(errors("max_age { }"), "");
  EXPECT_EQ(errors("message_rate { }"),
            at + "message_rate.messages_per_second: must be at least 1\n");
  EXPECT_NE(errors("message_rate { messages_per_second: 5 burst { } }"), "");
  EXPECT_NE(errors("host_gone_grace { seconds: -1 }"), "");
  EXPECT_NE(errors("host_gone_grace { } follow_frames { }"), "");
}

}  // namespace
}  // namespace sluice
