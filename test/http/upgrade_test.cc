#include "source/http/upgrade.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// "form type" of what a request asks for.
std::string Asked(const Fields& fields, HttpProtocol protocol = HttpProtocol::kHttp11) {
  Arena arena;
  Headers headers(arena);
  for (const auto& [name, value] : fields) headers.Add(name, value);
  const UpgradeAsked asked = FindUpgrade(headers, protocol);
  constexpr const char* kForms[] = {"none", "field", "extended", "connect"};
  return std::string(kForms[static_cast<int>(asked.form)]) +
         (asked.type.empty() ? "" : " " + std::string(asked.type));
}

TEST(Upgrade, IsFoundInBothForms) {
  EXPECT_EQ(Asked({{":method", "GET"}, {"upgrade", "websocket"}, {"connection", "Upgrade"}}),
            "field websocket");
  EXPECT_EQ(
      Asked({{":method", "GET"}, {"upgrade", "WebSocket"}, {"connection", "keep-alive, UPGRADE"}}),
      "field WebSocket");
  EXPECT_EQ(Asked({{":method", "POST"}, {"upgrade", "foo/1, bar"}, {"connection", "upgrade"}}),
            "field foo/1");
  EXPECT_EQ(Asked({{":method", "CONNECT"}, {":protocol", "websocket"}}, HttpProtocol::kHttp2),
            "extended websocket");
  EXPECT_EQ(Asked({{":method", "CONNECT"}}, HttpProtocol::kHttp2), "connect CONNECT");
  EXPECT_EQ(Asked({{":method", "CONNECT"}}), "connect CONNECT");
}

TEST(Upgrade, IsNotFoundWhereNobodyMayAsk) {
  EXPECT_EQ(Asked({{":method", "GET"}}), "none");
  EXPECT_EQ(Asked({{":method", "GET"}, {"upgrade", "websocket"}}), "none");
  EXPECT_EQ(Asked({{":method", "GET"}, {"connection", "upgrade"}}), "none");
  EXPECT_EQ(Asked({{":method", "GET"}, {"upgrade", "websocket"}, {"connection", "close"}}), "none");
  const Fields websocket = {
      {":method", "GET"}, {"upgrade", "websocket"}, {"connection", "upgrade"}};
  EXPECT_EQ(Asked(websocket, HttpProtocol::kHttp10), "none");
  EXPECT_EQ(Asked(websocket, HttpProtocol::kHttp2), "none");
}

TEST(Upgrade, AnOfferOfH2cIsNone) {
  EXPECT_EQ(
      Asked({{":method", "GET"}, {"upgrade", "h2c"}, {"connection", "Upgrade, HTTP2-Settings"}}),
      "none");
  EXPECT_EQ(Asked({{":method", "GET"}, {"upgrade", "H2C, websocket"}, {"connection", "upgrade"}}),
            "field websocket");
  EXPECT_EQ(Asked({{":method", "GET"},
                   {"upgrade", "foo"},
                   {"upgrade", "websocket"},
                   {"connection", "upgrade"}}),
            "field websocket");
}

// upgrade_configs as it may stand in one place: not at all, on, off.
enum class Rule { kNone, kOn, kOff };

std::vector<UpgradeRule> Rules(const char* type, Rule rule) {
  if (rule == Rule::kNone) return {{.type = "other"}};
  return {{.type = "other"}, {.type = type, .enabled = rule == Rule::kOn}};
}

struct Row {
  const char* type;  // in the configuration; asked for in another case
  const char* asked;
  Rule manager, route;
  bool allowed;
};

TEST(Upgrade, TheMatrix) {
  using enum Rule;
  const Row kRows[] = {
      {"websocket", "websocket", kNone, kNone, true},  // Envoy denies it
      {"websocket", "websocket", kOn, kNone, true},
      {"websocket", "websocket", kOff, kNone, false},
      {"websocket", "websocket", kNone, kOn, true},
      {"websocket", "websocket", kOn, kOn, true},
      {"websocket", "websocket", kOff, kOn, true},
      {"websocket", "websocket", kNone, kOff, false},
      {"websocket", "websocket", kOn, kOff, false},
      {"websocket", "websocket", kOff, kOff, false},
      {"WebSocket", "WEBSOCKET", kOff, kNone, false},
      {"spdy", "spdy", kNone, kNone, false},
      {"spdy", "spdy", kOn, kNone, true},
      {"spdy", "spdy", kOff, kNone, false},
      {"spdy", "spdy", kNone, kOn, true},
      {"spdy", "SPDY", kOn, kOff, false},
      {"spdy", "spdy", kOff, kOn, true},
      {"CONNECT", "CONNECT", kNone, kNone, false},
      {"CONNECT", "CONNECT", kOn, kNone, true},
      {"CONNECT", "CONNECT", kNone, kOn, true},
      {"CONNECT", "CONNECT", kOn, kOff, false},
      {"connect-udp", "connect-udp", kNone, kNone, false},
  };
  for (const Row& row : kRows) {
    const auto manager = Rules(row.type, row.manager), route = Rules(row.type, row.route);
    const UpgradeDecision decision = DecideUpgrade(row.asked, manager, route);
    const std::string where = std::string(row.type) + " manager " +
                              std::to_string(static_cast<int>(row.manager)) + " route " +
                              std::to_string(static_cast<int>(row.route));
    EXPECT_EQ(decision.allowed, row.allowed) << where;
    EXPECT_EQ(decision.manager_rule, row.manager == kNone ? nullptr : &manager[1]) << where;
    EXPECT_EQ(decision.route_rule, row.route == kNone ? nullptr : &route[1]) << where;
  }
  EXPECT_TRUE(DecideUpgrade("websocket", {}, {}).allowed);
  EXPECT_FALSE(DecideUpgrade("CONNECT", {}, {}).allowed);
}

}  // namespace
}  // namespace sluice
