// The promises of the README, one test each.

#include <memory>
#include <string>

#include "envoy/extensions/filters/http/lua/v3/lua.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/dormant/dormant_config.h"
#include "source/stats/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

using Lua = ::envoy::extensions::filters::http::lua::v3::Lua;

// The error, or nothing.
std::string Parse(const Lua& proto) {
  ConfigErrors errors;
  StatsRegistry stats;
  const auto factory = ParseLua(proto, {stats, "http.test."}, FieldScope(errors));
  EXPECT_EQ(factory == nullptr, errors.size() != 0);
  return errors.ToString();
}

std::string ParseCode(const std::string& code) {
  Lua proto;
  proto.mutable_default_source_code()->set_inline_string(code);
  return Parse(proto);
}

TEST(Dormant, CodeOfCommentsOnlyRunsNothing) {
  EXPECT_EQ(Parse(Lua()), "");
  EXPECT_EQ(ParseCode("-- Placeholder for per-Route or per-Cluster config."), "");
  EXPECT_EQ(ParseCode("\n  -- one\r\n\t--two\n\n"), "");
}

TEST(Dormant, CodeToRunIsRefused) {
  const std::string refused =
      "default_source_code.inline_string: has code to run; Sluice runs no Lua; leave it out\n";
  EXPECT_EQ(ParseCode("function envoy_on_request(handle) end"), refused);
  EXPECT_EQ(ParseCode("-- a comment\nprint(1)"), refused);
  EXPECT_EQ(ParseCode("--[[ a long one ]] print(1)"), refused);
  EXPECT_EQ(ParseCode("--[==[ and\n]==] print(1)"), refused);
}

TEST(Dormant, CodeElsewhereIsRefusedUnread) {
  Lua proto;
  proto.mutable_default_source_code()->set_filename("/nowhere.lua");
  EXPECT_EQ(Parse(proto),
            "default_source_code: may have code to run; Sluice runs no Lua; leave it out\n");
}

TEST(Dormant, RequestsDoNotMeetIt) {
  ConfigErrors errors;
  StatsRegistry stats;
  auto factory = ParseLua(Lua(), {stats, "http.test."}, FieldScope(errors));
  EXPECT_EQ(factory->interests(), Interest::kNone);
  FilterTester tester(std::move(factory));
  tester.Request({{":method", "GET"}}, "body");
  EXPECT_EQ(tester.request().body(), "body");
}

}  // namespace
}  // namespace sluice
