// validate.rules, kind by kind. Fields of the API that carry the rule are used where there is one;
// rules that none carries are put together by hand.
#include <gtest/gtest.h>

#include <set>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/wrappers.pb.h"
#include "source/config/check_rules.h"
#include "source/config/field_rules.h"
#include "source/config/string_rules.h"
#include "source/config/text_forms.h"
#include "test/config/load_test_support.h"
#include "validate/validate.pb.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The broken rules of a bootstrap that reads without an error.
std::string Broken(std::string_view yaml) {
  Reading reading;
  reading.Yaml(yaml);
  EXPECT_EQ(reading.errors(), "");
  ConfigErrors errors;
  CheckRules(reading.bootstrap, FieldScope(errors));
  return errors.ToString();
}

std::string BrokenCluster(std::string_view fields) {
  return Broken("static_resources: {clusters: [{name: c, " + std::string(fields) + "}]}");
}

TEST(Rules, GoodConfigurationBreaksNone) {
  EXPECT_EQ(Broken("node: {id: a}"), "");
  EXPECT_EQ(BrokenCluster("connect_timeout: 1s"), "");
}

TEST(Rules, StringMinLenAndDurationGt) {
  EXPECT_EQ(Broken("static_resources: {clusters: [{connect_timeout: 0s}]}"),
            "static_resources.clusters[0].name: must not be empty; rule string.min_len: 1\n"
            "static_resources.clusters[0].connect_timeout: must be more than 0s, is 0s; rule "
            "duration.gt: 0s\n");
}

// Rules hold inside of an Any, too: no filter checks them a second time.
TEST(Rules, ReachTheFiltersOfAListener) {
  const std::string errors = Broken(
      "static_resources: {listeners: [{filter_chains: [{filters: [{name: t, typed_config: "
      "{\"@type\": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, "
      "stat_prefix: t, cluster: c, access_log_options: {access_log_flush_interval: "
      "0.0009s}}}]}]}]}");
  EXPECT_EQ(errors,
            "static_resources.listeners[0].filter_chains[0].filters[0].typed_config."
            "access_log_options.access_log_flush_interval: must be at least 0.001s, is 0.0009s; "
            "rule duration.gte: 0.001s\n");
}

TEST(Rules, EnumDefinedOnly) {
  Reading reading;
  auto* cluster = reading.bootstrap.mutable_static_resources()->add_clusters();
  cluster->set_name("c");
  cluster->set_dns_lookup_family(
      static_cast<envoy::config::cluster::v3::Cluster::DnsLookupFamily>(99));
  ConfigErrors errors;
  CheckRules(reading.bootstrap, FieldScope(errors));
  EXPECT_EQ(errors.ToString(),
            "static_resources.clusters[0].dns_lookup_family: must be a value of DnsLookupFamily, "
            "is 99; rule enum.defined_only: true\n");
}

TEST(Rules, RequiredMessageAndOneof) {
  EXPECT_EQ(Broken("static_resources: {listeners: [{address: {}}]}"),
            "static_resources.listeners[0].address: must set one of socket_address, pipe, "
            "envoy_internal_address; rule oneof address.required: true\n");
  EXPECT_EQ(Broken("admin: {address: {socket_address: {address: a}}}"),
            "admin.address.socket_address: must set one of port_value, named_port; "
            "rule oneof port_specifier.required: true\n");
  EXPECT_EQ(BrokenCluster("transport_socket_matches: [{name: a, transport_socket: {}}]"),
            "static_resources.clusters[0].transport_socket_matches[0].transport_socket.name: "
            "must not be empty; rule string.min_len: 1\n");
  EXPECT_EQ(BrokenCluster("dns_refresh_rate: 1s, track_cluster_stats: {}, filters: [{name: ''}]"),
            "static_resources.clusters[0].filters[0].name: must not be empty; rule "
            "string.min_len: 1\n");
}

TEST(Rules, MembersOfAOneofOnlyWhenChosen) {
  std::string_view chain =
      "static_resources: {listeners: [{address: {pipe: {path: x}}, access_log: [{name: a, filter: ";
  EXPECT_EQ(Broken(std::string(chain) + "{duration_filter: {comparison: {value: {default_value: 5, "
                                        "runtime_key: a}}}}}]}]}"),
            "");
  EXPECT_EQ(Broken(std::string(chain) + "{duration_filter: {}}}]}]}"),
            "static_resources.listeners[0].access_log[0].filter.duration_filter.comparison: is "
            "required; rule message.required: true\n");
  EXPECT_EQ(BrokenCluster("health_checks: [{timeout: 1s, interval: 1s, unhealthy_threshold: 1, "
                          "healthy_threshold: 1, tcp_health_check: {send: {text: ''}}}]"),
            "static_resources.clusters[0].health_checks[0].tcp_health_check.send.text: must not be "
            "empty; rule string.min_len: 1\n");
}

TEST(Rules, NumbersInRangeAlsoInWrappers) {
  std::string over = "admin: {address: {socket_address: {address: a, port_value: 65536}}}";
  EXPECT_EQ(Broken(over),
            "admin.address.socket_address.port_value: must be at most 65535, is 65536; rule "
            "uint32.lte: 65535\n");
  EXPECT_EQ(BrokenCluster("outlier_detection: {max_ejection_percent: 101}"),
            "static_resources.clusters[0].outlier_detection.max_ejection_percent: must be at most "
            "100, is 101; rule uint32.lte: 100\n");
  EXPECT_EQ(BrokenCluster("outlier_detection: {max_ejection_percent: 100}"), "");
  EXPECT_EQ(BrokenCluster("common_lb_config: {healthy_panic_threshold: {value: 100.5}}"),
            "static_resources.clusters[0].common_lb_config.healthy_panic_threshold.value: must be "
            "at most 100, is 100.5; rule double.lte: 100\n");
}

TEST(Rules, ListsHaveSizes) {
  EXPECT_EQ(Broken("static_resources: {listeners: [{address: {pipe: {path: x}}, access_log: "
                   "[{name: a, filter: {and_filter: {filters: [{not_health_check_filter: {}}]}}}]}]"
                   "}"),
            "static_resources.listeners[0].access_log[0].filter.and_filter.filters: must have at "
            "least 2 items, has 1; rule repeated.min_items: 2\n");
}

TEST(Rules, InsideOfAnys) {
  EXPECT_EQ(
      Broken("stats_sinks: [{typed_config: {\"@type\": "
             "type.googleapis.com/envoy.config.metrics.v3.DogStatsdSink, "
             "max_bytes_per_datagram: 0}}]"),
      "stats_sinks[0].typed_config: must set one of address; "
      "rule oneof dog_statsd_specifier.required: true\n"
      "stats_sinks[0].typed_config.max_bytes_per_datagram: must be greater than 0, is 0; rule "
      "uint64.gt: 0\n");
}

// The field that the hand-made rules are for, set to a value of its own type.
template <class Value, class Rules>
std::string BrokenNumber(Value value, const Rules& number_rules,
                         Rules* (validate::FieldRules::*make)()) {
  using google::protobuf::UInt32Value;
  validate::FieldRules rules;
  *(rules.*make)() = number_rules;
  UInt32Value message;
  message.set_value(value);
  ConfigErrors errors;
  FieldScope scope(errors, "x");
  CheckValue(message, *UInt32Value::descriptor()->FindFieldByName("value"), -1, rules, scope);
  return errors.ToString();
}

std::string BrokenUInt32(uint32_t value, const validate::UInt32Rules& rules) {
  return BrokenNumber(value, rules, &validate::FieldRules::mutable_uint32);
}

TEST(Rules, NumberKinds) {
  validate::UInt32Rules rules;
  rules.set_gt(5);
  EXPECT_EQ(BrokenUInt32(6, rules), "");
  EXPECT_EQ(BrokenUInt32(5, rules), "x: must be greater than 5, is 5; rule uint32.gt: 5\n");
  rules.set_lt(8);
  EXPECT_EQ(BrokenUInt32(8, rules), "x: must be less than 8, is 8; rule uint32.lt: 8\n");
  rules.Clear();
  rules.set_gte(8);
  rules.set_lte(5);  // turned around: not between 5 and 8
  EXPECT_EQ(BrokenUInt32(8, rules), "");
  EXPECT_EQ(BrokenUInt32(5, rules), "");
  EXPECT_EQ(BrokenUInt32(6, rules), "x: must be at least 8, is 6; rule uint32.gte: 8\n");
  rules.Clear();
  rules.set_const_(4);
  EXPECT_EQ(BrokenUInt32(3, rules), "x: must be exactly 4, is 3; rule uint32.const: 4\n");
  rules.Clear();
  rules.add_in(1);
  rules.add_in(2);
  EXPECT_EQ(BrokenUInt32(2, rules), "");
  EXPECT_EQ(BrokenUInt32(3, rules),
            "x: is 3, which is not one of the allowed values; rule uint32.in: 1, 2\n");
  rules.set_ignore_empty(true);
  EXPECT_EQ(BrokenUInt32(0, rules), "");
  rules.Clear();
  rules.add_not_in(7);
  EXPECT_EQ(BrokenUInt32(7, rules), "x: must not be 7; rule uint32.not_in: 7\n");
}

TEST(Rules, RulesOfAnotherTypeAreNotApplied) {
  validate::StringRules rules;
  rules.set_min_len(1);
  validate::FieldRules field_rules;
  *field_rules.mutable_string() = rules;
  google::protobuf::UInt32Value message;
  ConfigErrors errors;
  CheckValue(message, *message.GetDescriptor()->FindFieldByName("value"), -1, field_rules,
             FieldScope(errors));
  EXPECT_TRUE(errors.empty());
}

std::string BrokenString(std::string_view value, const validate::StringRules& rules) {
  ConfigErrors errors;
  CheckString(std::string(value), rules, FieldScope(errors, "x"));
  return errors.ToString();
}

validate::StringRules Strings(std::string_view text) {
  validate::StringRules rules;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text), &rules));
  return rules;
}

TEST(Rules, StringLengthsCountCharactersOrBytes) {
  EXPECT_EQ(BrokenString("\xc3\xa9", Strings("min_len: 1 max_len: 1 len: 1")), "");
  EXPECT_EQ(BrokenString("\xc3\xa9", Strings("max_bytes: 1")),
            "x: must have at most 1 bytes, has 2; rule string.max_bytes: 1\n");
  EXPECT_EQ(BrokenString("ab", Strings("min_bytes: 3")),
            "x: must have at least 3 bytes, has 2; rule string.min_bytes: 3\n");
  EXPECT_EQ(BrokenString("ab", Strings("max_len: 1")),
            "x: must have at most 1 characters, has 2; rule string.max_len: 1\n");
  EXPECT_EQ(BrokenString("ab", Strings("len: 3")),
            "x: must have 3 characters, has 2; rule string.len: 3\n");
  EXPECT_EQ(BrokenString("ab", Strings("len_bytes: 3")),
            "x: must have 3 bytes, has 2; rule string.len_bytes: 3\n");
  EXPECT_EQ(BrokenString("", Strings("min_len: 3 ignore_empty: true")), "");
}

TEST(Rules, StringParts) {
  EXPECT_EQ(BrokenString("abc", Strings("prefix: 'a' suffix: 'c' contains: 'b' const: 'abc'")), "");
  EXPECT_EQ(BrokenString("x", Strings("prefix: 'a'")),
            "x: must begin with \"a\", is \"x\"; rule string.prefix: \"a\"\n");
  EXPECT_EQ(BrokenString("x", Strings("suffix: 'a'")),
            "x: must end with \"a\", is \"x\"; rule string.suffix: \"a\"\n");
  EXPECT_EQ(BrokenString("x", Strings("contains: 'a'")),
            "x: must contain \"a\", is \"x\"; rule string.contains: \"a\"\n");
  EXPECT_EQ(BrokenString("x", Strings("not_contains: 'x'")),
            "x: must not contain \"x\"; rule string.not_contains: \"x\"\n");
  EXPECT_EQ(BrokenString("x", Strings("const: 'a'")),
            "x: must be \"a\", is \"x\"; rule string.const: \"a\"\n");
  EXPECT_EQ(BrokenString("x", Strings("in: ['a', 'b']")),
            "x: is \"x\", which is not one of the allowed values; rule string.in: a, b\n");
  EXPECT_EQ(BrokenString("x", Strings("not_in: ['x']")),
            "x: must not be \"x\"; rule string.not_in: \"x\"\n");
  EXPECT_EQ(BrokenString("x", Strings("pattern: '^[0-9]+$'")),
            "x: does not have the right form: \"x\"; rule string.pattern: ^[0-9]+$\n");
}

TEST(Rules, WellKnownForms) {
  struct Case {
    const char* rule;
    const char* good;
    const char* bad;
  };
  for (const Case& c : {Case{"email", "a.b@c.d", "a.b"}, Case{"hostname", "a-b.c", "a_b"},
                        Case{"ip", "::1", "1.2.3"}, Case{"ipv4", "1.2.3.4", "::1"},
                        Case{"ipv6", "fe80::1", "1.2.3.4"}, Case{"uri", "a+b://c/d?e", "/d"},
                        Case{"uri_ref", "/d%20e", "/d e"}, Case{"address", "1.2.3.4", "a b"},
                        Case{"uuid", "01234567-89ab-cdef-0123-456789abcdef", "0123"}}) {
    validate::StringRules rules = Strings(std::string(c.rule) + ": true");
    EXPECT_EQ(BrokenString(c.good, rules), "") << c.rule;
    EXPECT_NE(BrokenString(c.bad, rules), "") << c.rule;
  }
}

TEST(Rules, HeaderNamesAndValues) {
  auto name = Strings("well_known_regex: HTTP_HEADER_NAME");
  EXPECT_EQ(BrokenString(":path", name), "");
  EXPECT_EQ(BrokenString("x-a", name), "");
  EXPECT_EQ(BrokenString("x a", name),
            "x: must be a header name, is \"x a\"; rule string.well_known_regex: "
            "HTTP_HEADER_NAME\n");
  EXPECT_NE(BrokenString("", name), "");
  auto value = Strings("well_known_regex: HTTP_HEADER_VALUE");
  EXPECT_EQ(BrokenString("a \t\xc3\xa9", value), "");
  EXPECT_NE(BrokenString("a\x7f", value), "");
  EXPECT_NE(BrokenString("a\n", value), "");
  auto loose = Strings("well_known_regex: HTTP_HEADER_NAME strict: false");
  EXPECT_EQ(BrokenString("x a", loose), "");
  EXPECT_NE(BrokenString("x\ra", loose), "");
  EXPECT_EQ(BrokenString("", loose), "");
  auto loose_value = Strings("well_known_regex: HTTP_HEADER_VALUE strict: false");
  EXPECT_EQ(BrokenString("\x7f", loose_value), "");
  EXPECT_NE(BrokenString(std::string_view("\0", 1), loose_value), "");
}

TEST(TextForms, Edges) {
  EXPECT_TRUE(IsHostname("a."));
  EXPECT_FALSE(IsHostname("."));
  EXPECT_FALSE(IsHostname("-a.b"));
  EXPECT_FALSE(IsHostname("a-.b"));
  EXPECT_FALSE(IsHostname(std::string(64, 'a')));
  EXPECT_TRUE(IsHostname(std::string(63, 'a')));
  EXPECT_FALSE(IsEmail("@a"));
  EXPECT_FALSE(IsEmail("a@"));
  EXPECT_FALSE(IsUri("1a:b"));
  EXPECT_FALSE(IsUriReference("%4"));
  EXPECT_FALSE(IsUriReference("%zz"));
  EXPECT_FALSE(IsIpv4(std::string("1.2.3.4\0", 8)));
  EXPECT_FALSE(IsUuid("01234567-89ab-cdef-0123x456789abcdef"));
}

TEST(Rules, Bytes) {
  validate::BytesRules rules;
  rules.set_min_len(2);
  rules.set_max_len(3);
  ConfigErrors errors;
  FieldScope scope(errors, "x");
  CheckBytes("ab", rules, scope);
  EXPECT_TRUE(errors.empty());
  CheckBytes("a", rules, scope);
  CheckBytes("abcd", rules, scope);
  rules.Clear();
  rules.set_ipv6(true);
  CheckBytes(std::string(16, 'a'), rules, scope);
  CheckBytes("a", rules, scope);
  EXPECT_EQ(errors.ToString(),
            "x: must have at least 2 bytes, has 1; rule bytes.min_len: 2\n"
            "x: must have at most 3 bytes, has 4; rule bytes.max_len: 3\n"
            "x: must be an IPv6 address, is \"a\"; rule bytes.ipv6: true\n");
}

// A message made for this test, with the rules that no field of the API carries.
TEST(Rules, KindsThatTheApiMayUseTomorrow) {
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    name: "made.proto" package: "made" syntax: "proto3"
    dependency: "validate/validate.proto" dependency: "google/protobuf/any.proto"
    dependency: "google/protobuf/duration.proto"
    message_type { name: "Made"
      field { name: "list" number: 1 type: TYPE_STRING label: LABEL_REPEATED
        options { [validate.rules] { repeated { unique: true max_items: 3
          items { string { min_len: 2 } } } } } }
      field { name: "flag" number: 2 type: TYPE_BOOL label: LABEL_OPTIONAL
        options { [validate.rules] { bool { const: true } } } }
      field { name: "any" number: 3 type: TYPE_MESSAGE type_name: ".google.protobuf.Any"
        label: LABEL_OPTIONAL options { [validate.rules] { any { required: true in: "a/b" } } } }
      field { name: "wait" number: 4 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration"
        label: LABEL_OPTIONAL options { [validate.rules] { duration { required: true
          lte { seconds: 5 } not_in { seconds: 3 } } } } }
      field { name: "map" number: 5 type: TYPE_MESSAGE type_name: ".made.Made.MapEntry"
        label: LABEL_REPEATED options { [validate.rules] { map { min_pairs: 2 max_pairs: 2
          keys { string { min_len: 2 } } values { uint32 { gt: 1 } } } } } }
      field { name: "skipped" number: 6 type: TYPE_MESSAGE type_name: ".made.Made"
        label: LABEL_OPTIONAL options { [validate.rules] { message { skip: true } } } }
      nested_type { name: "MapEntry" options { map_entry: true }
        field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
        field { name: "value" number: 2 type: TYPE_UINT32 label: LABEL_OPTIONAL } } }
  )",
                                                            &file));
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  ASSERT_NE(pool.BuildFile(file), nullptr);
  google::protobuf::DynamicMessageFactory factory(&pool);
  factory.SetDelegateToGeneratedFactory(true);
  std::unique_ptr<google::protobuf::Message> made(
      factory.GetPrototype(pool.FindMessageTypeByName("made.Made"))->New());
  ConfigErrors errors;
  CheckRules(*made, FieldScope(errors));
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "list: ['aa', 'b', 'aa', 'cc'] flag: true any { type_url: 'c' } wait { seconds: 6 } "
      "map { key: 'a' value: 1 } skipped { }",
      made.get()));
  CheckRules(*made, FieldScope(errors));
  EXPECT_EQ(errors.ToString(),
            "flag: must be true; rule bool.const: true\n"
            "any: is required; rule any.required: true\n"
            "wait: is required; rule duration.required: true\n"
            "map: must have at least 2 entries, has 0; rule map.min_pairs: 2\n"
            "list: must have at most 3 items, has 4; rule repeated.max_items: 3\n"
            "list[2]: repeats \"aa\" of [0]; rule repeated.unique: true\n"
            "list[1]: must have at least 2 characters, has 1; rule string.min_len: 2\n"
            "any: must not hold a \"c\"; rule any.in: a/b\n"
            "wait: must be at most 5s, is 6s; rule duration.lte: 5s\n"
            "map: must have at least 2 entries, has 1; rule map.min_pairs: 2\n"
            "map[\"a\"]: must have at least 2 characters, has 1; rule string.min_len: 2\n"
            "map[\"a\"]: must be greater than 1, is 1; rule uint32.gt: 1\n");
}

void CollectKinds(const google::protobuf::Message& rules, std::string path,
                  std::set<std::string>& kinds) {
  std::vector<const FieldDescriptor*> set;
  rules.GetReflection()->ListFields(rules, &set);
  for (const FieldDescriptor* field : set) {
    std::string name = path + "." + field->name();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated() &&
        field->message_type()->file()->package() == "validate") {
      CollectKinds(rules.GetReflection()->GetMessage(rules, field), name, kinds);
    } else {
      kinds.insert(name);
    }
  }
}

void CollectKindsOf(const Descriptor& type, std::set<std::string>& kinds) {
  for (int i = 0; i < type.field_count(); ++i) {
    CollectKinds(type.field(i)->options().GetExtension(validate::rules), "", kinds);
  }
  for (int i = 0; i < type.nested_type_count(); ++i) CollectKindsOf(*type.nested_type(i), kinds);
}

// The rules about the current time are the only ones not enforced: no field may carry one.
TEST(Rules, EveryKindInTheApiIsEnforced) {
  std::set<std::string> kinds;
  std::set<const google::protobuf::FileDescriptor*> files;
  std::vector<const google::protobuf::FileDescriptor*> queue = {
      envoy::config::bootstrap::v3::Bootstrap::descriptor()->file()};
  while (!queue.empty()) {
    const auto* file = queue.back();
    queue.pop_back();
    if (!files.insert(file).second) continue;
    for (int i = 0; i < file->dependency_count(); ++i) queue.push_back(file->dependency(i));
    for (int i = 0; i < file->message_type_count(); ++i) {
      CollectKindsOf(*file->message_type(i), kinds);
    }
  }
  EXPECT_TRUE(kinds.contains(".string.min_len"));
  for (const std::string& kind : kinds) {
    EXPECT_EQ(kind.find(".timestamp."), std::string::npos) << kind;
  }
}

}  // namespace
}  // namespace sluice
