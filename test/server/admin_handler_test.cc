// Which page answers which path, and what changes what.
#include "source/server/admin/admin_handler.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "source/base/log.h"
#include "source/server/admin/admin_commands.h"
#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

class AdminHandlerTest : public AdminFixture {
 protected:
  AdminHandlerTest() { SetLogLevel(LogLevel::kWarning); }
  ~AdminHandlerTest() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(AdminHandlerTest, EveryCommandAnswers) {
  std::set<absl::string_view> paths;
  for (const AdminCommand& command : AdminCommands()) {
    EXPECT_TRUE(paths.insert(command.path).second) << command.path;
    const AdminResponse response = Post(command.path);
    EXPECT_NE(response.status, 404) << command.path;
    EXPECT_NE(response.status, 405) << command.path;
  }
}

TEST_F(AdminHandlerTest, AnUnknownPathListsTheCommands) {
  for (absl::string_view path : {"/nope", "/stats/", "/Stats", "", "stats", "/help/x"}) {
    const AdminResponse response = Get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.content_type, AdminResponse::kText);
    EXPECT_TRUE(absl::StartsWith(response.body, "invalid path. admin commands are:\n  /: "))
        << path;
  }
}

TEST_F(AdminHandlerTest, HelpMarksWhatWantsPost) {
  const AdminResponse help = Get("/help");
  EXPECT_EQ(help.status, 200);
  EXPECT_TRUE(absl::StartsWith(help.body, "admin commands are:\n"));
  EXPECT_TRUE(absl::StrContains(help.body, "\n  /quitquitquit (POST): exit the server\n"));
  EXPECT_TRUE(absl::StrContains(help.body, "\n  /listeners: print listener info\n      format: "));
}

TEST_F(AdminHandlerTest, WhatChangesSomethingWantsPost) {
  for (const AdminCommand& command : AdminCommands()) {
    if (command.effect == AdminEffect::kReads) continue;
    const AdminResponse response = Get(command.path);
    EXPECT_EQ(response.status, 405) << command.path;
    EXPECT_EQ(response.body, "Method GET not allowed, POST required.");
  }
  EXPECT_EQ(orders, "");
}

TEST_F(AdminHandlerTest, HomeLinksToAllAndHasButtonsForChanges) {
  const AdminResponse home = Get("/");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(home.content_type, AdminResponse::kHtml);
  EXPECT_TRUE(absl::StrContains(home.body, "<a href=\"stats/prometheus\">"));
  EXPECT_TRUE(absl::StrContains(home.body, "<form action=\"quitquitquit\" method=\"post\">"));
  EXPECT_FALSE(absl::StrContains(home.body, "<a href=\"quitquitquit\">"));
  EXPECT_TRUE(absl::StrContains(home.body, "<form action=\"v3/discovery:client_status\""));
}

TEST_F(AdminHandlerTest, OrdersReachTheServer) {
  for (absl::string_view target :
       {"/healthcheck/fail", "/healthcheck/ok", "/drain_listeners", "/drain_listeners?graceful",
        "/drain_listeners?graceful&skip_exit", "/drain_listeners?inboundonly", "/quitquitquit"}) {
    const AdminResponse response = Post(target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.body, "OK\n") << target;
  }
  EXPECT_EQ(orders, "fail;pass;drain;drain graceful;drain graceful keep;drain inbound;quit;");
}

TEST_F(AdminHandlerTest, SkipExitWithoutGracefulIsRefused) {
  const AdminResponse response = Post("/drain_listeners?skip_exit");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "skip_exit requires graceful\n");
  EXPECT_EQ(orders, "");
}

TEST_F(AdminHandlerTest, RuntimeShowsWhatEachLayerSaysAndWhatHolds) {
  runtime = {{"base", {{"a", "1"}, {"b", "2"}}}, {"admin", {{"b", "\"x\""}}}};
  const AdminResponse response = Get("/runtime");
  EXPECT_EQ(response.content_type, AdminResponse::kJson);
  EXPECT_EQ(response.body,
            R"({
 "layers": ["base", "admin"],
 "entries": {
  "a": {
   "layer_values": ["1", ""],
   "final_value": "1"
  },
  "b": {
   "layer_values": ["2", "\"x\""],
   "final_value": "\"x\""
  }
 }
}
)");
  runtime.clear();
  EXPECT_EQ(Get("/runtime").body, "{\n \"layers\": [],\n \"entries\": {\n }\n}\n");
}

TEST_F(AdminHandlerTest, RuntimeIsModifiedByPostOnly) {
  EXPECT_EQ(Get("/runtime_modify?a=1").status, 405);
  EXPECT_EQ(Post("/runtime_modify").status, 400);
  const AdminResponse refused = Post("/runtime_modify?a=1");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "No admin layer specified\n");
  runtime = {{"admin", {}}};
  EXPECT_EQ(Post("/runtime_modify?a=1&b.c=x%20y&d=").body, "OK\n");
  EXPECT_EQ(orders, "a=1;b.c=x y;d=;");
}

TEST_F(AdminHandlerTest, CoverageShowsTheLedger) {
  coverage.push_back({.path = "a.b",
                      .field = "x.A.b",
                      .entry_class = LedgerClass::kUnsupported,
                      .note = "why",
                      .source = "boot.yaml",
                      .line = 3});
  const AdminResponse response = Get("/config_coverage");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, LedgerPage(coverage));
  EXPECT_TRUE(absl::StrContains(response.body, "a.b"));
}

TEST_F(AdminHandlerTest, LoggingShowsLevels) {
  const AdminResponse response = Post("/logging");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(absl::StartsWith(response.body, "active loggers:\n  admin: warning\n  config: "));
  EXPECT_TRUE(absl::EndsWith(response.body, "  websocket: warning\n\n"));
}

TEST_F(AdminHandlerTest, LoggingChangesOneSomeOrAll) {
  EXPECT_EQ(Post("/logging?http=error").status, 200);
  EXPECT_EQ(GetLogLevel(LogComponent::kHttp), LogLevel::kError);
  EXPECT_EQ(GetLogLevel(LogComponent::kPool), LogLevel::kWarning);
  EXPECT_EQ(Post("/logging?paths=http:off,pool:critical").status, 200);
  EXPECT_EQ(GetLogLevel(LogComponent::kHttp), LogLevel::kOff);
  EXPECT_EQ(GetLogLevel(LogComponent::kPool), LogLevel::kCritical);
  const AdminResponse all = Post("/logging?level=error");
  EXPECT_TRUE(absl::StrContains(all.body, "\n  http: error\n"));
  EXPECT_EQ(Post("/logging?level=").status, 200);
  EXPECT_EQ(GetLogLevel(LogComponent::kHttp), LogLevel::kError);
}

TEST_F(AdminHandlerTest, LoggingRefusesAllOfAWrongChange) {
  for (absl::string_view target :
       {"/logging?level=loud", "/logging?nothing=info", "/logging?http=", "/logging?http",
        "/logging?paths=http:trace,nothing:info", "/logging?paths=http:trace,pool",
        "/logging?paths=:info", "/logging?http=trace&pool=trace"}) {
    const AdminResponse response = Post(target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_TRUE(absl::StartsWith(response.body, "error: ")) << target;
    EXPECT_TRUE(absl::StrContains(response.body, "\nlevels: trace debug info warning error "));
    EXPECT_EQ(GetLogLevel(LogComponent::kHttp), LogLevel::kWarning) << target;
  }
}

}  // namespace
}  // namespace sluice
