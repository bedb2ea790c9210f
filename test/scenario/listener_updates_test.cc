// Listeners that come, change and go while the proxy runs: what a change does not concern is not
// touched, and what it does ends in order (M1).
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/scenario/dynamic_listeners.h"

namespace sluice {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class ListenerUpdates : public DynamicListeners {
 protected:
  const std::string two_ports_ =
      "additional_addresses: [{ address: { socket_address: { address: 10.8.8.8, port_value: 81 } } "
      "}]";
};

bool SaysClose(const H1Client& client) {
  return !client.responses().empty() && client.responses().back().header("connection") == "close";
}

// ---- Coming and going.

TEST_F(ListenerUpdates, AListenerComesWhileTheProxyRuns) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  EXPECT_TRUE(Client().closed_by_peer() || Ask(Client()).empty());
  EXPECT_EQ(Set({{.name = "a"}}, "1"), ListenerChange::kDone);
  EXPECT_EQ(Ask(Client()), "1");
  EXPECT_EQ(Stat("listener_added"), 1 + 1);  // and the static one
  EXPECT_EQ(Stat("total_listeners_active"), 2);
  EXPECT_EQ(Stat("listener_create_success"), 4);  // each on two workers
}

TEST_F(ListenerUpdates, ARemovedListenerStopsAcceptingAtOnceAndItsRequestsAreServed) {
  Start(2);
  proxy().Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(30)});
  Set({{.name = "a"}}, "1");
  H1Client& busy = Client();
  busy.Get("/");
  proxy().Run();
  EXPECT_EQ(listeners().Remove("web"), ListenerChange::kDone);
  proxy().Run();
  H1Client& late = Client();
  proxy().Run();
  EXPECT_TRUE(late.peer().refused());
  EXPECT_EQ(Stat("total_listeners_draining"), 1);
  EXPECT_EQ(Stat("total_listeners_active"), 1);
  proxy().Advance(seconds(40));
  EXPECT_EQ(busy.response(0).body, "done");
  EXPECT_TRUE(SaysClose(busy));
  EXPECT_TRUE(busy.closed_by_peer());
  EXPECT_EQ(Stat("total_listeners_draining"), 0);
  EXPECT_EQ(Stat("listener_removed"), 1);
}

TEST_F(ListenerUpdates, AListenerMayComeBackWhileItsConnectionsStillLeave) {
  Start();
  proxy().Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(30)});
  Set({{.name = "a"}}, "1");
  H1Client& busy = Client();
  busy.Get("/");
  proxy().Run();
  listeners().Remove("web");
  proxy().Run();
  EXPECT_EQ(Set({{.name = "a", .edition = "2"}}, "2"), ListenerChange::kDone);
  H1Client& client = Client();
  client.Get("/");
  proxy().Advance(seconds(40));
  EXPECT_EQ(client.response(0).header("server"), "2");
  EXPECT_EQ(busy.response(0).header("server"), "1");
}

TEST_F(ListenerUpdates, WhoeverConnectedBeforeTheRemovalIsServed) {
  Start();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  H1Client& client = Client();
  client.Get("/");
  listeners().Remove("web");  // the connection waits in the socket's queue
  proxy().Run();
  ASSERT_EQ(client.responses().size(), 1u);
  EXPECT_TRUE(SaysClose(client));
}

TEST_F(ListenerUpdates, StaticListenersAreChangedByNobody) {
  Start();
  EXPECT_EQ(Set(Make({{.name = "a"}}, "", 80, "main"), "1"), ListenerChange::kRefused);
  EXPECT_EQ(refused_,
            "l.name: \"main\" is a static listener's; static listeners are as the bootstrap says; "
            "take another name\n");
  EXPECT_EQ(listeners().Remove("main"), ListenerChange::kRefused);
  EXPECT_EQ(listeners().Remove("nobody"), ListenerChange::kNone);
}

// ---- What changes, and what does not.

TEST_F(ListenerUpdates, AChangeOfOneChainLeavesTheConnectionsOfAnotherAlone) {
  Start();
  proxy().Host(H1Answer::Of(200));
  const Chain a{.name = "a", .port = 80};
  Set(Make({a, {.name = "b", .port = 81}}, two_ports_), "1");
  H1Client &on_a = Client(80), &on_b = Client(81);
  EXPECT_EQ(Ask(on_a), "1");
  EXPECT_EQ(Ask(on_b), "1");
  EXPECT_EQ(Set(Make({a, {.name = "b", .edition = "2", .port = 81}}, two_ports_), "2"),
            ListenerChange::kDone);
  EXPECT_EQ(Ask(on_a), "1");
  EXPECT_FALSE(SaysClose(on_a));
  EXPECT_EQ(Ask(on_b), "1");  // it ends with this answer
  EXPECT_TRUE(SaysClose(on_b));
  EXPECT_TRUE(on_b.closed_by_peer());
  EXPECT_EQ(Ask(Client(81)), "2");
  proxy().Advance(minutes(20));
  EXPECT_EQ(Ask(on_a), "1");
  EXPECT_EQ(Stat("listener_in_place_updated"), 1);
  EXPECT_EQ(Stat("listener_modified"), 1);
}

TEST_F(ListenerUpdates, WhatSaysTheSameInOtherBytesChangesNothing) {
  Start();
  proxy().Host(H1Answer::Of(200));
  const Listener listener = Make({{.name = "a"}});
  Set(listener, "1");
  H1Client& client = Client();
  EXPECT_EQ(Ask(client), "1");
  Listener other = listener;
  auto& any = *other.mutable_filter_chains(0)->mutable_filters(0)->mutable_typed_config();
  any.set_type_url("example.org/" + any.type_url().substr(any.type_url().rfind('/') + 1));
  EXPECT_EQ(Set(other, "2"), ListenerChange::kNone);
  EXPECT_EQ(Ask(client), "1");
  EXPECT_FALSE(SaysClose(client));
  EXPECT_EQ(Stat("listener_modified"), 0);
}

TEST_F(ListenerUpdates, ChangesAroundTheChainsLeaveAllConnectionsAlone) {
  Start();
  proxy().Host(H1Answer::Of(200));
  const Chain a{.name = "a"};
  Set({a}, "1");
  H1Client& client = Client();
  EXPECT_EQ(Ask(client), "1");
  const std::string log =
      "access_log: [{ name: log, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /log, "
      "log_format: { text_format_source: { inline_string: \"gone\\n\" } } } }]";
  const std::string filter =
      "listener_filters: [{ name: i, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector } }]";
  int version = 2;
  for (const std::string& fields :
       {std::string("per_connection_buffer_limit_bytes: 4096"), filter, log,
        std::string("tcp_backlog_size: 128"), std::string("listener_filters_timeout: 3s")}) {
    EXPECT_EQ(Set(Make({a}, fields), absl::StrCat(version++)), ListenerChange::kDone) << fields;
    EXPECT_EQ(Ask(client), "1") << fields;
    EXPECT_FALSE(SaysClose(client)) << fields;
    EXPECT_EQ(Ask(Client()), "1") << fields;
  }
  proxy().Advance(minutes(20));
  EXPECT_EQ(Ask(client), "1");
  ASSERT_EQ(Connections().size(), 6u);
  EXPECT_EQ(Connections()[0].version, "1");
  EXPECT_FALSE(Connections()[0].leaving);
}

// ---- The socket.

TEST_F(ListenerUpdates, TheSocketIsKeptAndWhoWaitsInItsQueueIsServed) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  std::vector<H1Client*> waiting;
  for (int edition = 2; edition < 6; ++edition) {
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(&Client());
      waiting.back()->Get("/");
    }
    Set({{.name = "a", .edition = absl::StrCat(edition)}}, absl::StrCat(edition));
  }
  proxy().Run();
  for (const H1Client* client : waiting) EXPECT_EQ(client->response(0).status(), 200);
  EXPECT_EQ(Stat("listener_in_place_updated"), 4);
}

TEST_F(ListenerUpdates, AnotherAddressIsThereBeforeTheOldOneGoes) {
  Start();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  H1Client& old = Client(80);
  EXPECT_EQ(Ask(old), "1");
  EXPECT_EQ(Set(Make({{.name = "a", .edition = "2"}}, "", 82), "2"), ListenerChange::kDone);
  EXPECT_EQ(Ask(Client(82)), "2");
  H1Client& late = Client(80);
  proxy().Run();
  EXPECT_TRUE(late.peer().refused());
  EXPECT_EQ(Ask(old), "1");
  EXPECT_TRUE(SaysClose(old));
}

TEST_F(ListenerUpdates, AnAddressMoreOrLessLeavesTheOtherAlone) {
  Start();
  proxy().Host(H1Answer::Of(200));
  const Chain a{.name = "a"};
  Set({a}, "1");
  H1Client& first = Client(80);
  EXPECT_EQ(Ask(first), "1");
  EXPECT_EQ(Set(Make({a}, two_ports_), "2"), ListenerChange::kDone);
  H1Client& second = Client(81);
  EXPECT_EQ(Ask(second), "1");
  EXPECT_EQ(Set({a}, "3"), ListenerChange::kDone);
  EXPECT_EQ(Ask(first), "1");
  EXPECT_FALSE(SaysClose(first));
  EXPECT_EQ(Ask(second), "1");
  EXPECT_TRUE(SaysClose(second));
}

// It began under one version's listener filters and goes on with them; its chain is the new one's.
TEST_F(ListenerUpdates, AConnectionWhoseFirstBytesAreLookedAtGetsAChainOfTheNewVersion) {
  Start();
  proxy().Host(H1Answer::Of(200));
  const std::string filters =
      "listener_filters: [{ name: p, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol } }]";
  Set(Make({{.name = "a"}}, filters), "1");
  H1Client& client = Client();
  client.Send("PROXY TCP4 192.0.2.1 ");
  proxy().Run();
  EXPECT_EQ(Set({{.name = "a", .edition = "2"}}, "2"), ListenerChange::kDone);
  client.Send("10.8.8.8 5000 80\r\n");
  EXPECT_EQ(Ask(client), "2");
  EXPECT_EQ(proxy().Stat("listener.10.8.8.8_80.downstream_pre_cx_active"), 0);
}

// ---- Bad versions.

TEST_F(ListenerUpdates, ABadVersionLeavesTheOldOneInService) {
  Start();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  H1Client& client = Client();
  EXPECT_EQ(Ask(client), "1");
  Listener bad = Make({{.name = "a", .edition = "2"}});
  bad.mutable_filter_chains(0)->clear_filters();
  EXPECT_EQ(Set(bad, "2"), ListenerChange::kRefused);
  EXPECT_NE(refused_.find("l.filter_chains[0].filters: is empty"), std::string::npos);
  EXPECT_EQ(Ask(client), "1");
  EXPECT_FALSE(SaysClose(client));
  EXPECT_EQ(Ask(Client()), "1");
}

TEST_F(ListenerUpdates, AnAddressThatCannotBeHadLeavesTheOldOneInService) {
  Start();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  proxy().world().memory().Serve(At(82), [](std::unique_ptr<MemoryPeer>) {});  // somebody else's
  EXPECT_EQ(Set(Make({{.name = "a", .edition = "2"}}, "", 82), "2"), ListenerChange::kRefused);
  EXPECT_EQ(refused_, "l: listener \"web\": cannot bind 10.8.8.8:82: Address already in use\n");
  EXPECT_EQ(Ask(Client()), "1");
  EXPECT_EQ(Stat("listener_create_failure"), 1);
  // It may be tried again.
  proxy().world().memory().StopServing(At(82));
  EXPECT_EQ(Set(Make({{.name = "a", .edition = "2"}}, "", 82), "2"), ListenerChange::kDone);
  EXPECT_EQ(Ask(Client(82)), "2");
}

TEST_F(ListenerUpdates, ANewListenerThatCannotBeBoundIsNotThere) {
  Start();
  proxy().world().memory().Serve(At(82), [](std::unique_ptr<MemoryPeer>) {});
  EXPECT_EQ(Set(Make({{.name = "a"}}, "", 82, "other"), "1"), ListenerChange::kRefused);
  EXPECT_EQ(listeners().all().count("other"), 0u);
  proxy().world().memory().StopServing(At(82));
}

TEST_F(ListenerUpdates, TwoListenersDoNotShareAnAddress) {
  Start();
  Set({{.name = "a"}}, "1");
  EXPECT_EQ(Set(Make({{.name = "a"}}, "", 80, "other"), "1"), ListenerChange::kRefused);
  EXPECT_EQ(refused_, "l.address: 10.8.8.8:80 is listened on by the listener \"web\"\n");
}

// ---- The end of a chain.

TEST_F(ListenerUpdates, ARequestUnderWayIsNotFailed) {
  Start();
  proxy().Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(100)});
  Set({{.name = "a"}}, "1");
  H1Client& busy = Client();
  busy.Get("/");
  proxy().Run();
  Set({{.name = "a", .edition = "2"}}, "2");
  proxy().Advance(seconds(120));
  EXPECT_EQ(busy.response(0).body, "done");
  EXPECT_TRUE(SaysClose(busy));
  EXPECT_TRUE(busy.closed_by_peer());
}

TEST_F(ListenerUpdates, ARequestHasTheTimeOfTheDrain) {
  Start();
  proxy().Host(H1Answer{});  // never answers
  Set({{.name = "a", .manager = "stream_idle_timeout: 0s"}}, "1");
  H1Client& busy = Client();
  busy.Get("/");
  proxy().Run();
  listeners().Remove("web");
  proxy().Advance(seconds(599));
  EXPECT_FALSE(busy.closed_by_peer());
  EXPECT_EQ(Stat("total_listeners_draining"), 1);
  proxy().Advance(seconds(2));
  EXPECT_TRUE(busy.closed_by_peer());
  EXPECT_EQ(Stat("total_listeners_draining"), 0);
}

TEST_F(ListenerUpdates, AnIdleConnectionIsGivenTimeForARequestThatIsOnItsWay) {
  Start();
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  H1Client& late = Client();
  proxy().Run();
  Set({{.name = "a", .edition = "2"}}, "2");
  proxy().Advance(seconds(4));
  EXPECT_FALSE(late.closed_by_peer());
  EXPECT_EQ(Ask(late), "1");
  EXPECT_TRUE(SaysClose(late));
  H1Client& idle = Client();
  proxy().Run();
  Set({{.name = "a", .edition = "3"}}, "3");
  proxy().Advance(seconds(6));
  EXPECT_TRUE(idle.closed_by_peer());
}

TEST_F(ListenerUpdates, ConnectionsAreToldOneAfterAnotherOverHalfOfTheTime) {
  Start();
  Set({{.name = "a"}}, "1");
  std::vector<H1Client*> idle;
  for (int i = 0; i < 30; ++i) idle.push_back(&Client());
  proxy().Run();
  Set({{.name = "a", .edition = "2"}}, "2");
  const auto left = [&idle] {
    return std::count_if(idle.begin(), idle.end(),
                         [](const H1Client* client) { return !client->closed_by_peer(); });
  };
  proxy().Advance(seconds(6));
  EXPECT_GE(left(), 27);
  proxy().Advance(seconds(150));
  EXPECT_GE(left(), 8);
  EXPECT_LE(left(), 22);
  proxy().Advance(seconds(300));
  EXPECT_EQ(left(), 0);
}

TEST_F(ListenerUpdates, Http2IsToldByGoaway) {
  Start();
  proxy().Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(30)});
  Set({{.name = "a"}}, "1");
  H2Client client(proxy().world(), At(80));
  const uint32_t stream = client.Get("/");
  proxy().Run();
  Set({{.name = "a", .edition = "2"}}, "2");
  proxy().Advance(seconds(1));
  ASSERT_EQ(client.wire().goaways().size(), 1u);
  EXPECT_FALSE(client.closed_by_peer());
  proxy().Advance(seconds(40));
  EXPECT_EQ(client.response(stream).status(), 200);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(ListenerUpdates, AnOldVersionIsFreedWithItsLastConnection) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  Set({{.name = "a"}}, "1");
  H1Client &client = Client(), &other = Client();
  EXPECT_EQ(Ask(client), "1");
  EXPECT_EQ(Ask(other), "1");
  const std::weak_ptr<const ListenerConfig> config = listeners().all().at("web").active.config;
  const std::weak_ptr<const FilterChain> chain = config.lock()->filter_chains.chains[0];
  Set({{.name = "a", .edition = "2"}}, "2");
  EXPECT_TRUE(config.expired());
  EXPECT_FALSE(chain.expired());
  EXPECT_EQ(Ask(client), "1");
  EXPECT_TRUE(client.closed_by_peer());
  proxy().Advance(seconds(2));
  EXPECT_FALSE(chain.expired());
  EXPECT_EQ(Ask(other), "1");
  proxy().Advance(seconds(2));  // the client leaves the closing to the proxy
  EXPECT_TRUE(chain.expired());
}

TEST_F(ListenerUpdates, TheProcessEndsWhileAnUpdateIsUnderWay) {
  Start();
  proxy().Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", .delay = seconds(30)});
  Set({{.name = "a"}}, "1");
  H1Client& busy = Client();
  busy.Get("/");
  proxy().Run();
  Set({{.name = "a", .edition = "2"}}, "2");
  Ask(Client());
  bool empty = false;
  proxy().core().StartDrain([&empty] { empty = true; });
  proxy().Run();
  EXPECT_EQ(Set({{.name = "a", .edition = "3"}}, "3"), ListenerChange::kRefused);
  proxy().Advance(seconds(60));
  EXPECT_EQ(busy.response(0).body, "done");
  EXPECT_TRUE(empty);
}

TEST_F(ListenerUpdates, EachConnectionSaysWhichVersionItIsBoundTo) {
  Start();
  proxy().Host(H1Answer::Of(200));
  const Chain a{.name = "a", .port = 80};
  Set(Make({a, {.name = "b", .port = 81}}, two_ports_), "1");
  H1Client &on_a = Client(80), &on_b = Client(81);
  Ask(on_a);
  Ask(on_b);
  Set(Make({a, {.name = "b", .edition = "2", .port = 81}}, two_ports_), "2");
  Ask(Client(81));
  std::vector<std::string> lines;
  for (const ConnectionView& view : Connections()) {
    lines.push_back(absl::StrCat(view.listener, " ", view.chain, " ", view.version, " ",
                                 view.protocol, view.leaving ? " leaving" : ""));
  }
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (std::vector<std::string>{"web a 1 HTTP/1.1", "web b 1 HTTP/1.1 leaving",
                                             "web b 2 HTTP/1.1"}));
}

}  // namespace
}  // namespace sluice
