// Route tables that come by name, whoever brings them (RDS).
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/route/route_config.h"
#include "test/scenario/dynamic_listeners.h"

namespace sluice {
namespace {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using std::chrono::seconds;

class Rds : public DynamicListeners {
 protected:
  void StartWithFeeds(uint32_t workers = 1) {
    Start(workers);
    proxy().core().route_tables().Attach(
        [this](RouteFeed& feed) { feeds_.push_back(&feed); },
        [this](RouteFeed& feed) { feeds_.erase(std::find(feeds_.begin(), feeds_.end(), &feed)); });
  }
  // "web", whose one chain is routed by the table of that name.
  static Listener Named(const std::string& table, const std::string& edition = "1",
                        const std::string& name = "web", uint16_t port = 80) {
    Listener listener = Make({{.name = "a", .edition = edition}}, "", port, name);
    auto& any = *listener.mutable_filter_chains(0)->mutable_filters(0)->mutable_typed_config();
    HttpConnectionManager manager;
    EXPECT_TRUE(any.UnpackTo(&manager));
    manager.mutable_rds()->set_route_config_name(table);
    manager.mutable_rds()->mutable_config_source()->mutable_ads();
    any.PackFrom(manager);
    return listener;
  }
  // Answers everything with this status; 0: from the cluster "users".
  static std::shared_ptr<const RouteTable> Table(int status) {
    envoy::config::route::v3::RouteConfiguration proto;
    const std::string action = status == 0
                                   ? std::string("route { cluster: 'users' }")
                                   : absl::StrCat("direct_response { status: ", status, " }");
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        absl::StrCat("virtual_hosts { name: 'v' domains: '*' routes { match { prefix: '/' } ",
                     action, " } }"),
        &proto));
    ConfigErrors errors;
    return ParseRouteTable(proto, FieldScope(errors));
  }
  int Status(H1Client& client) {
    const size_t before = client.responses().size();
    client.Get("/");
    proxy().Run();
    return client.responses().size() == before ? 0 : client.response(before).status();
  }

  std::vector<RouteFeed*> feeds_;
};

TEST_F(Rds, WhatCannotBeFetchedIsRefused) {
  Start();
  EXPECT_EQ(Set(Named("main"), "1"), ListenerChange::kRefused);
  EXPECT_NE(refused_.find("rds: asks for the aggregated stream, and there is none"),
            std::string::npos)
      << refused_;
}

TEST_F(Rds, AListenerWaitsForItsTable) {
  StartWithFeeds(2);
  EXPECT_EQ(Set(Named("main"), "1"), ListenerChange::kWarming);
  EXPECT_EQ(Stat("total_listeners_warming"), 1);
  H1Client& early = Client();
  proxy().Run();
  EXPECT_TRUE(early.peer().refused());
  ASSERT_EQ(feeds_.size(), 1u);
  EXPECT_EQ(feeds_[0]->name(), "main");
  EXPECT_TRUE(feeds_[0]->source().has_ads());
  feeds_[0]->Set(Table(201), "1");
  proxy().Run();
  EXPECT_EQ(Status(Client()), 201);
  EXPECT_EQ(Stat("total_listeners_warming"), 0);
}

TEST_F(Rds, ATableThatNeverComesIsARouteThatIsNotThere) {
  StartWithFeeds();
  Set(Named("main"), "1");
  feeds_[0]->Fail();
  proxy().Run();
  EXPECT_EQ(Status(Client()), 404);
  feeds_[0]->Set(Table(201), "1");
  proxy().Run();
  EXPECT_EQ(Status(Client()), 201);
}

TEST_F(Rds, ANewTableIsForTheNextRequestOfEveryConnection) {
  StartWithFeeds(2);
  Set(Named("main"), "1");
  feeds_[0]->Set(Table(201), "1");
  proxy().Run();
  H1Client &first = Client(), &second = Client();
  EXPECT_EQ(Status(first), 201);
  EXPECT_EQ(Status(second), 201);
  feeds_[0]->Set(Table(202), "2");
  proxy().Run();
  EXPECT_EQ(Status(first), 202);
  EXPECT_EQ(Status(second), 202);
  feeds_[0]->Remove();
  proxy().Run();
  EXPECT_EQ(Status(first), 404);
}

TEST_F(Rds, ARequestKeepsTheTableItWasRoutedBy) {
  StartWithFeeds();
  proxy().Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(5)});
  Set(Named("main"), "1");
  std::weak_ptr<const RouteTable> old;
  {
    const auto table = Table(0);
    old = table;
    feeds_[0]->Set(table, "1");
  }
  proxy().Run();
  H1Client& client = Client();
  client.Get("/");
  proxy().Run();
  feeds_[0]->Set(Table(202), "2");
  proxy().Run();
  EXPECT_FALSE(old.expired());
  proxy().Advance(seconds(6));
  EXPECT_EQ(client.response(0).body, "done");
  EXPECT_TRUE(old.expired());
  EXPECT_EQ(Status(client), 202);
}

TEST_F(Rds, TheOldVersionServesWhileTheNewOneWaits) {
  StartWithFeeds();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  H1Client& client = Client();
  EXPECT_EQ(Ask(client), "1");
  EXPECT_EQ(Set(Named("main", "2"), "2"), ListenerChange::kWarming);
  EXPECT_EQ(Ask(client), "1");
  EXPECT_EQ(Ask(Client()), "1");
  // Another takes the place of the one that waits.
  EXPECT_EQ(Set(Named("other", "3"), "3"), ListenerChange::kWarming);
  proxy().Run();
  ASSERT_EQ(feeds_.size(), 1u);
  EXPECT_EQ(feeds_[0]->name(), "other");
  EXPECT_EQ(Ask(client), "1");
  EXPECT_FALSE(client.closed_by_peer());
  feeds_[0]->Set(Table(0), "1");
  proxy().Run();
  EXPECT_EQ(Ask(Client()), "3");
}

TEST_F(Rds, WhatWaitsIsTakenBackByTheVersionInService) {
  StartWithFeeds();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  Set(Named("main", "2"), "2");
  EXPECT_EQ(Set({{.name = "a"}}, "1"), ListenerChange::kNone);
  proxy().Run();
  EXPECT_TRUE(feeds_.empty());
  EXPECT_EQ(Ask(Client()), "1");
  EXPECT_EQ(Stat("total_listeners_warming"), 0);
}

TEST_F(Rds, AnAddressThatCannotBeHadAfterTheWaitIsTold) {
  StartWithFeeds();
  std::string told;
  listeners().TellFailures(
      [&told](const std::string& name, const std::string& version, const absl::Status& status) {
        told = absl::StrCat(name, " ", version, " ", status.message());
      });
  EXPECT_EQ(Set(Named("main"), "7"), ListenerChange::kWarming);
  proxy().world().memory().Serve(At(80), [](std::unique_ptr<MemoryPeer>) {});
  feeds_[0]->Set(Table(0), "1");
  proxy().Run();
  EXPECT_EQ(told, "web 7 listener \"web\": cannot bind 10.8.8.8:80: Address already in use");
  EXPECT_EQ(listeners().all().count("web"), 0u);
  EXPECT_TRUE(feeds_.empty());
  proxy().world().memory().StopServing(At(80));
}

TEST_F(Rds, WhatWaitsGoesOnToWaitWhenWhatCameAfterItCannotBeHad) {
  StartWithFeeds();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  EXPECT_EQ(Set(Named("main", "2"), "2"), ListenerChange::kWarming);
  proxy().world().memory().Serve(At(82), [](std::unique_ptr<MemoryPeer>) {});
  EXPECT_EQ(Set(Make({{.name = "a", .edition = "3"}}, "", 82), "3"), ListenerChange::kRefused);
  EXPECT_EQ(Ask(Client()), "1");
  ASSERT_EQ(feeds_.size(), 1u);
  feeds_[0]->Set(Table(0), "1");
  proxy().Run();
  EXPECT_EQ(Ask(Client()), "2");
  proxy().world().memory().StopServing(At(82));
}

TEST_F(Rds, ATableIsWantedAsLongAsSomebodyUsesIt) {
  StartWithFeeds();
  Set(Named("main"), "1");
  Set(Named("main", "1", "second", 82), "1");
  ASSERT_EQ(feeds_.size(), 1u);
  feeds_[0]->Set(Table(201), "1");
  proxy().Run();
  H1Client& client = Client(82);
  EXPECT_EQ(Status(client), 201);
  listeners().Remove("web");
  listeners().Remove("second");
  proxy().Run();
  EXPECT_EQ(feeds_.size(), 1u);  // a connection is still open
  EXPECT_EQ(Status(client), 201);
  proxy().Advance(seconds(2));
  EXPECT_TRUE(feeds_.empty());
}

}  // namespace
}  // namespace sluice
