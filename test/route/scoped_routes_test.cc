// Scopes of routes: reading them, and how those of a connection manager change.
#include "source/route/scoped_routes.h"

#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/config/route/v3/scoped_route.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "gmock/gmock.h"
#include "source/route/scope_config.h"
#include "test/harness/sim_world.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

using envoy::config::route::v3::ScopedRouteConfiguration;
using ScopedRoutesProto =
    envoy::extensions::filters::network::http_connection_manager::v3::ScopedRoutes;

template <class Proto>
Proto FromText(const std::string& text) {
  Proto proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  return proto;
}

// ---- Reading.

std::string ErrorsOfScope(const std::string& text) {
  ConfigErrors errors;
  const auto scope = ParseScope(FromText<ScopedRouteConfiguration>(text), FieldScope(errors));
  EXPECT_EQ(scope.has_value(), errors.empty());
  return errors.ToString();
}

TEST(ParseScope, WithATableByName) {
  ConfigErrors errors;
  const auto scope =
      ParseScope(FromText<ScopedRouteConfiguration>(
                     "name: 's' route_configuration_name: 't' key { fragments { string_key: 'a' } "
                     "fragments { string_key: '' } }"),
                 FieldScope(errors));
  ASSERT_TRUE(scope.has_value()) << errors.ToString();
  EXPECT_EQ(scope->table, "t");
  EXPECT_EQ(scope->own, nullptr);
  EXPECT_THAT(scope->key, testing::ElementsAre("a", ""));
}

TEST(ParseScope, WithATableOfItsOwn) {
  ConfigErrors errors;
  const auto scope = ParseScope(
      FromText<ScopedRouteConfiguration>(
          "name: 's' route_configuration { name: 't' } key { fragments { string_key: 'a' } }"),
      FieldScope(errors));
  ASSERT_TRUE(scope.has_value()) << errors.ToString();
  EXPECT_NE(scope->own, nullptr);
  EXPECT_EQ(scope->table, "");
}

TEST(ParseScope, SaysAllThatIsWrong) {
  EXPECT_EQ(ErrorsOfScope("on_demand: true key { fragments { } }"),
            "name: is required\n"
            "on_demand: is not supported: no request waits for a table that is fetched for it; "
            "leave it out: the table is fetched with the scope\n"
            "key.fragments[0]: has no string_key\n"
            "route_configuration_name: is required; or route_configuration\n");
  EXPECT_EQ(ErrorsOfScope("name: 's' route_configuration_name: 't'"), "key.fragments: is empty\n");
  EXPECT_EQ(ErrorsOfScope("name: 's' route_configuration_name: 't' route_configuration { } "
                          "key { fragments { string_key: 'a' } }"),
            "route_configuration: excludes route_configuration_name, which is set too\n");
}

std::string ErrorsOfExtractor(const std::string& text) {
  ConfigErrors errors;
  ParseScopeFragments(
      FromText<ScopedRoutesProto>("scope_key_builder { fragments { header_value_extractor { " +
                                  text + " } } }"),
      FieldScope(errors));
  return errors.ToString();
}

TEST(ParseScopeFragments, AreReadInOrder) {
  ConfigErrors errors;
  const auto fragments = ParseScopeFragments(
      FromText<ScopedRoutesProto>(
          "scope_key_builder { fragments { header_value_extractor { name: 'Host' index: 0 } } "
          "fragments { header_value_extractor { name: 'X-A' element_separator: ';' "
          "element { separator: '=' key: 'k' } } } }"),
      FieldScope(errors));
  EXPECT_EQ(errors.ToString(), "");
  ASSERT_EQ(fragments.size(), 2u);
  EXPECT_EQ(fragments[0].header.text, ":authority");
  EXPECT_EQ(fragments[0].element_separator, "");
  EXPECT_EQ(fragments[1].key, "k");
  EXPECT_EQ(fragments[1].key_separator, "=");
}

TEST(ParseScopeFragments, SayWhatIsWrong) {
  const std::string at = "scope_key_builder.fragments[0].header_value_extractor";
  EXPECT_EQ(ErrorsOfExtractor("name: 'a' index: 1"),
            at + ".index: must be 0 without an element_separator: all of it is one element\n");
  EXPECT_EQ(ErrorsOfExtractor("name: 'a'"),
            at + ": does not say which part of the header is meant; set index, or element\n");
  EXPECT_EQ(ErrorsOfExtractor("index: 0"), at + ".name: is required\n");
  EXPECT_EQ(ErrorsOfExtractor("name: 'a' element { }"),
            at + ".element.key: is required\n" + at + ".element.separator: is required\n");
  ConfigErrors errors;
  ParseScopeFragments(FromText<ScopedRoutesProto>(""), FieldScope(errors));
  ParseScopeFragments(FromText<ScopedRoutesProto>("scope_key_builder { fragments { } }"),
                      FieldScope(errors));
  EXPECT_EQ(errors.ToString(),
            "scope_key_builder.fragments: is empty\n"
            "scope_key_builder.fragments[0]: has no header_value_extractor\n");
}

TEST(ParseFixedScopes, NoTwoHaveOneKeyOrOneName) {
  ConfigErrors errors;
  const std::string rest = "route_configuration_name: 't' key { fragments { string_key: 'a' } } }";
  ParseFixedScopes(FromText<ScopedRoutesProto>("scoped_route_configurations_list { "
                                               "scoped_route_configurations { name: 'one' " +
                                               rest + "scoped_route_configurations { name: 'two' " +
                                               rest + "scoped_route_configurations { name: 'one' " +
                                               "route_configuration_name: 't' key { fragments { "
                                               "string_key: 'b' } } } }"),
                   FieldScope(errors));
  const std::string at = "scoped_route_configurations_list.scoped_route_configurations";
  EXPECT_EQ(errors.ToString(),
            at +
                "[1].key: is the key of the scope \"one\", too; each scope has a key of its own\n" +
                at + "[2].name: \"one\" is there already\n");
}

// ---- Who has which key.

Scopes Keyed(const std::vector<std::pair<std::string, std::string>>& list) {
  Scopes scopes;
  for (const auto& [name, key] : list) scopes[name] = {.key = {key}, .table = "t", .own = nullptr};
  return scopes;
}

TEST(KeyConflicts, OfAScopeThatTakesTheKeyOfAnother) {
  EXPECT_THAT(KeyConflicts(Keyed({{"a", "1"}}), Keyed({{"b", "1"}})),
              testing::ElementsAre(testing::Pair("b", "a")));
  EXPECT_THAT(KeyConflicts({}, Keyed({{"a", "1"}, {"b", "1"}, {"c", "2"}})),
              testing::ElementsAre(testing::Pair("b", "a")));
}

TEST(KeyConflicts, NotOfScopesThatChangeKeysWithEachOther) {
  EXPECT_THAT(KeyConflicts(Keyed({{"a", "1"}, {"b", "2"}}), Keyed({{"a", "2"}, {"b", "1"}})),
              testing::IsEmpty());
  EXPECT_THAT(KeyConflicts(Keyed({{"a", "1"}}), Keyed({{"a", "1"}})), testing::IsEmpty());
}

TEST(KeyConflicts, WhatMayNotMoveKeepsItsKeyFromOthers) {
  // "b" may not have the key of "c", so "a" may not have that of "b".
  EXPECT_THAT(
      KeyConflicts(Keyed({{"a", "1"}, {"b", "2"}, {"c", "3"}}), Keyed({{"a", "2"}, {"b", "3"}})),
      testing::ElementsAre(testing::Pair("a", "b"), testing::Pair("b", "c")));
}

// ---- Those of a connection manager.

class ScopedRoutesTest : public testing::Test {
 protected:
  ScopedRoutesTest() {
    tables_.Attach([this](RouteFeed& feed) { fed_[feed.name()] = &feed; },
                   [this](RouteFeed& feed) { fed_.erase(feed.name()); });
    feeds_.Attach([this](ScopeFeed& feed) { scopes_ = &feed; },
                  [this](ScopeFeed&) { scopes_ = nullptr; }, nullptr);
  }
  void Want() {
    using Source = envoy::config::core::v3::ConfigSource;
    routes_ = feeds_.Subscribe({.name = "scopes",
                                .stat_prefix = "web",
                                .source = std::make_shared<const Source>(),
                                .tables = RouteSource{std::make_shared<const Source>(), "ads"}},
                               {{.header = HeaderKey("x-scope")}}, &gate_);
  }
  static Scope Of(const std::string& key, const std::string& table) {
    return {.key = {key}, .table = table, .own = nullptr};
  }
  static std::shared_ptr<const RouteTable> Table(const std::string& name) {
    return ReadRoutes("routes { name: '" + name +
                      "' match { prefix: '/' } route { cluster: 'c' } }");
  }
  void SetTable(const std::string& name) {
    fed_.at(name)->Set(Table(name), "1");
    world_.RunUntilIdle();
  }
  void Set(const Scopes& scopes) {
    scopes_->Set(scopes);
    world_.RunUntilIdle();
  }
  // The route of a request with this header, by each of the workers.
  std::string Ask(const std::string& value) {
    TestRequest request("/");
    request.headers.Add("x-scope", value);
    std::string answers;
    for (uint32_t worker = 0; worker < 2; ++worker) {
      const RouteSubscription* const from = routes_->Find(request.headers, worker);
      const RoutePin pin = from == nullptr ? RoutePin() : from->Pin(worker);
      answers = pin.get() == nullptr ? "none" : RouteName(*pin.get(), request.headers);
    }
    return answers;
  }

  SimWorld world_{{.workers = 2}};
  RouteTables tables_{world_.workers(), world_.main()};
  ScopeFeeds feeds_{world_.workers(), world_.main(), tables_};
  WarmGate gate_;
  std::map<std::string, RouteFeed*> fed_;
  ScopeFeed* scopes_ = nullptr;
  std::unique_ptr<const ScopedRoutes> routes_;
};

TEST_F(ScopedRoutesTest, EachScopeHasItsTable) {
  Want();
  Set({{"a", Of("1", "one")}, {"b", Of("2", "two")}, {"c", Of("3", "one")}});
  SetTable("one");
  SetTable("two");
  EXPECT_EQ(Ask("1"), "one");
  EXPECT_EQ(Ask("2"), "two");
  EXPECT_EQ(Ask("3"), "one");
  EXPECT_EQ(Ask("4"), "none");
}

TEST_F(ScopedRoutesTest, TheGateWaitsForScopesAndThenForTheirTables) {
  Want();
  EXPECT_THAT(gate_.missing(), testing::ElementsAre("scoped routes scopes"));
  Set({{"a", Of("1", "one")}, {"b", Of("2", "two")}});
  EXPECT_FALSE(gate_.open());
  SetTable("one");
  EXPECT_FALSE(gate_.open());
  fed_.at("two")->Fail();
  world_.RunUntilIdle();
  EXPECT_TRUE(gate_.open());
  EXPECT_EQ(Ask("1"), "one");
  EXPECT_EQ(Ask("2"), "none");
}

TEST_F(ScopedRoutesTest, NobodyWaitsForScopesThatDoNotComeButWhoInsists) {
  Want();
  scopes_->Fail();
  EXPECT_TRUE(gate_.open());
  WarmGate insists;
  insists.Insist();
  const auto other = feeds_.Subscribe({.name = "x",
                                       .stat_prefix = "",
                                       .source = scopes_->wish().source,
                                       .tables = scopes_->wish().tables},
                                      {}, &insists);
  scopes_->Fail();
  EXPECT_FALSE(insists.open());
  Set({{"a", Of("1", "one")}});
  fed_.at("one")->Fail();
  world_.RunUntilIdle();
  EXPECT_FALSE(insists.open());
  SetTable("one");
  EXPECT_TRUE(insists.open());
}

TEST_F(ScopedRoutesTest, NoScopesAreAnAnswer) {
  Want();
  Set({});
  EXPECT_TRUE(gate_.open());
  EXPECT_EQ(Ask("1"), "none");
}

TEST_F(ScopedRoutesTest, TheTableBeforeServesUntilTheNewOneHasCome) {
  Want();
  Set({{"a", Of("1", "one")}});
  SetTable("one");
  Set({{"a", Of("1", "two")}});
  EXPECT_EQ(Ask("1"), "one");
  SetTable("two");
  EXPECT_EQ(Ask("1"), "two");
  EXPECT_EQ(fed_.count("one"), 0u);
}

TEST_F(ScopedRoutesTest, WhatChangesWhileItWaitsIsTheLastThatWasSaid) {
  Want();
  Set({{"a", Of("1", "one")}});
  SetTable("one");
  Set({{"a", Of("1", "two")}});
  Set({{"a", Of("1", "three")}});
  EXPECT_EQ(fed_.count("two"), 0u);
  EXPECT_EQ(Ask("1"), "one");
  Set({{"a", Of("1", "one")}});
  EXPECT_EQ(Ask("1"), "one");
  EXPECT_EQ(fed_.size(), 1u);
}

TEST_F(ScopedRoutesTest, AKeyGoesFromOneScopeToAnotherWhenThatCanServe) {
  Want();
  Set({{"a", Of("1", "one")}});
  SetTable("one");
  Set({{"a", Of("2", "two")}, {"b", Of("1", "three")}});
  EXPECT_EQ(Ask("1"), "one");
  SetTable("three");
  EXPECT_EQ(Ask("1"), "three");
  EXPECT_EQ(Ask("2"), "none");
  SetTable("two");
  EXPECT_EQ(Ask("1"), "three");
  EXPECT_EQ(Ask("2"), "two");
}

TEST_F(ScopedRoutesTest, AScopeThatIsGoneIsNoLongerFound) {
  Want();
  Set({{"a", Of("1", "one")}, {"b", Of("2", "one")}});
  SetTable("one");
  Set({{"b", Of("2", "one")}});
  EXPECT_EQ(Ask("1"), "none");
  EXPECT_EQ(Ask("2"), "one");
}

TEST_F(ScopedRoutesTest, FixedScopesServeAtOnceByTablesOfTheirOwn) {
  Scope scope = Of("1", "");
  scope.own = Table("own");
  std::weak_ptr<const RouteTable> table = scope.own;
  routes_ = feeds_.Subscribe({.name = "fixed", .stat_prefix = "", .source = nullptr, .tables = {}},
                             {{.header = HeaderKey("x-scope")}}, &gate_, {{"a", scope}});
  EXPECT_TRUE(gate_.open());
  world_.RunUntilIdle();
  EXPECT_EQ(Ask("1"), "own");
  EXPECT_EQ(scopes_, nullptr);
  scope.own = nullptr;
  routes_ = nullptr;
  world_.RunUntilIdle();
  EXPECT_TRUE(table.expired());
}

TEST_F(ScopedRoutesTest, WithItsLastUserAllIsUnwanted) {
  Want();
  Set({{"a", Of("1", "one")}});
  SetTable("one");
  Set({{"a", Of("1", "two")}});
  routes_ = nullptr;
  world_.RunUntilIdle();
  EXPECT_EQ(scopes_, nullptr);
  EXPECT_TRUE(fed_.empty());
}

}  // namespace
}  // namespace sluice
