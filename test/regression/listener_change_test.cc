// What changes of a listener broke: addresses that were taken for one, connections that a change of
// the socket alone ended, and listeners that were held for ever by who said nothing.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/server/after_all.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/dynamic_listeners.h"

namespace sluice {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string kProxyProtocol =
    "listener_filters: [{ name: p, typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol } }]";

class ListenerChanges : public DynamicListeners {
 protected:
  static bool SaysClose(const H1Client& client) {
    return !client.responses().empty() && client.responses().back().header("connection") == "close";
  }
};

TEST_F(ListenerChanges, TwoPortsOfTheSystemsChoiceStayTwoAndGoTogether) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  const std::string another =
      "additional_addresses: [{ address: { socket_address: { address: 10.8.8.8, port_value: 0 } } "
      "}]";
  EXPECT_EQ(Set(Make({{.name = "a"}}, another, 0), "1"), ListenerChange::kDone);
  EXPECT_EQ(Set(Make({{.name = "a", .edition = "2"}}, another, 0), "2"), ListenerChange::kDone);
  const std::vector<ListenerPlace> places = listeners().all().at("web").places;
  ASSERT_EQ(places.size(), 2u);
  EXPECT_NE(places[0].bound.port(), places[1].bound.port());
  EXPECT_EQ(Ask(Client(places[0].bound.port())), "2");
  EXPECT_EQ(Ask(Client(places[1].bound.port())), "2");
  EXPECT_EQ(listeners().Remove("web"), ListenerChange::kDone);
  proxy().Advance(minutes(11));
  EXPECT_EQ(Stat("total_listeners_draining"), 0);
}

TEST_F(ListenerChanges, AnAddressThatIsThereTwiceIsRefused) {
  Start();
  EXPECT_EQ(Set(Make({{.name = "a"}},
                     "additional_addresses: [{ address: { socket_address: { address: 10.8.8.8, "
                     "port_value: 80 } } }]"),
                "1"),
            ListenerChange::kRefused);
  EXPECT_EQ(refused_, "l.additional_addresses[0].address: 10.8.8.8:80 is there twice\n");
}

TEST_F(ListenerChanges, OtherSocketsAreForConnectionsThatComeLater) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  const Chain a{.name = "a"};
  Set({a}, "1");
  H1Client &one = Client(), &two = Client(), &three = Client();
  for (H1Client* client : {&one, &two, &three}) EXPECT_EQ(Ask(*client), "1");
  int version = 2;
  for (const char* fields :
       {"tcp_backlog_size: 128", "connection_balance_config: { exact_balance: {} }",
        "tcp_backlog_size: 64", "freebind: true", ""}) {
    H1Client& waiting = Client();  // in the queue of the socket that goes
    waiting.Get("/");
    EXPECT_EQ(Set(Make({a}, fields), absl::StrCat(version++)), ListenerChange::kDone) << fields;
    EXPECT_EQ(waiting.responses().size(), 1u) << fields;
    for (H1Client* client : {&one, &two, &three}) {
      EXPECT_EQ(Ask(*client), "1") << fields;
      EXPECT_FALSE(SaysClose(*client)) << fields;
    }
    EXPECT_EQ(Ask(Client()), "1") << fields;
  }
  EXPECT_EQ(Stat("total_listeners_draining"), 0);
  EXPECT_EQ(Stat("listener_in_place_updated"), 5);
  proxy().Advance(minutes(20));
  EXPECT_EQ(Ask(one), "1");
}

TEST_F(ListenerChanges, WhoBalancesFromNowOnCountsWhoIsThere) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  const Chain a{.name = "a"};
  Set({a}, "1");
  std::vector<H1Client*> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(&Client());
  proxy().Run();
  Set(Make({a}, "connection_balance_config: { exact_balance: {} }"), "2");
  for (int i = 0; i < 6; ++i) clients.push_back(&Client());
  for (H1Client* client : clients) EXPECT_EQ(Ask(*client), "1");
  size_t of_worker[2] = {};
  for (const ConnectionView& view : Connections()) ++of_worker[view.id >> 56 & 1];
  for (H1Client* client : clients) client->Close();
  proxy().Run();
  EXPECT_EQ(proxy().Stat("listener.10.8.8.8_80.downstream_cx_active"), 0);
}

TEST_F(ListenerChanges, AnAddressPassesOnWithoutPortsThatAreShared) {
  Start(2);
  proxy().Host(H1Answer::Of(200));
  const std::string own = "enable_reuse_port: false";
  Set(Make({{.name = "a"}}, own), "1");
  EXPECT_EQ(Ask(Client()), "1");
  EXPECT_EQ(listeners().Remove("web"), ListenerChange::kDone);
  EXPECT_EQ(Set(Make({{.name = "a", .edition = "2"}}, own, 80, "other"), "2"),
            ListenerChange::kWarming);
  EXPECT_EQ(Ask(Client()), "2");
  EXPECT_EQ(Stat("total_listeners_warming"), 0);
}

TEST_F(ListenerChanges, WhoSaysNothingDoesNotHoldAListenerThatIsGone) {
  Start();
  Set(Make({{.name = "a"}}, kProxyProtocol + "\n    listener_filters_timeout: 0s"), "1");
  H1Client& silent = Client();
  proxy().Run();
  listeners().Remove("web");
  proxy().Advance(seconds(599));
  EXPECT_FALSE(silent.closed_by_peer());
  EXPECT_EQ(Stat("total_listeners_draining"), 1);
  proxy().Advance(seconds(2));
  EXPECT_TRUE(silent.closed_by_peer());
  EXPECT_EQ(Stat("total_listeners_draining"), 0);
}

TEST_F(ListenerChanges, WhoGetsItsChainAfterTheListenerHasGoneIsIdleAsLongAsAnyOther) {
  Start();
  proxy().Host(H1Answer::Of(200));
  Set(Make({{.name = "a"}}, kProxyProtocol), "1");
  H1Client& late = Client();
  late.Send("PROXY TCP4 192.0.2.1 ");
  proxy().Run();
  listeners().Remove("web");
  proxy().Run();
  late.Send("10.8.8.8 5000 80\r\n");
  proxy().Advance(seconds(4));
  EXPECT_FALSE(late.closed_by_peer());
  proxy().Advance(seconds(2));
  EXPECT_TRUE(late.closed_by_peer());
}

TEST_F(ListenerChanges, OfTwoListenersThatAreBoundNowhereOneHasAnAddress) {
  Start();
  const std::string unbound = "bind_to_port: false";
  EXPECT_EQ(Set(Make({{.name = "a"}}, unbound), "1"), ListenerChange::kDone);
  EXPECT_EQ(Set(Make({{.name = "a"}}, unbound, 80, "other"), "1"), ListenerChange::kRefused);
  EXPECT_EQ(refused_, "l.address: 10.8.8.8:80 is listened on by the listener \"web\"\n");
  EXPECT_EQ(Set(Make({{.name = "a"}}, "", 80, "bound"), "1"), ListenerChange::kDone)
      << "that one waits for connections, the other for whom they are handed to";
}

TEST(AfterAllTest, WhatIsWaitedForEndsWithTheLastCallWhoeverHoldsCopies) {
  const auto kept = std::make_shared<int>(0);
  const std::function<void()> arrived = AfterAll(2, [kept] { ++*kept; });
  const std::function<void()> of_a_worker = arrived;
  arrived();
  EXPECT_EQ(*kept, 0);
  of_a_worker();
  EXPECT_EQ(*kept, 1);
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace sluice
