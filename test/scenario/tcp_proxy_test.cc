// Connections joined byte for byte: the TCP proxy's choice of a host, its flow of bytes, its ends.
#include "absl/strings/str_cat.h"
#include "test/scenario/tcp_ends.h"

namespace sluice {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

// ---- Bytes.

TEST(TcpProxy, CarriesBytesBothWaysAndCountsThem) {
  ProxyFixture proxy("", Tcp());
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  client->Send("ping");
  proxy.Run();
  EXPECT_EQ(host.peer().Take(), "ping");
  host.peer().Send("pongpong");
  proxy.Run();
  EXPECT_EQ(client->Take(), "pongpong");
  EXPECT_EQ(proxy.Stat("tcp.test.downstream_cx_total"), 1);
  EXPECT_EQ(proxy.Stat("tcp.test.downstream_cx_rx_bytes_total"), 4);
  EXPECT_EQ(proxy.Stat("tcp.test.downstream_cx_tx_bytes_total"), 8);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_total"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_active"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_total"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_active"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_tx_bytes_total"), 4);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_rx_bytes_total"), 8);
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_cx_active"), 1);
}

TEST(TcpProxy, TheHostMaySpeakFirst) {
  ProxyFixture proxy("", Tcp());
  TcpHost host(proxy);
  host.Greet("220 hello\r\n");
  auto client = DialProxy(proxy);
  proxy.Run();
  EXPECT_EQ(client->Take(), "220 hello\r\n");
}

TEST(TcpProxy, WhatComesBeforeTheHostIsConnectedWaitsInOrder) {
  ProxyFixture proxy("", Tcp());
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).latency = milliseconds(200);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  for (const char* piece : {"one ", "two ", "three"}) {
    client->Send(piece);
    proxy.Advance(milliseconds(10));
  }
  client->SendFin();
  EXPECT_EQ(host.connections(), 0u);
  proxy.Advance(seconds(1));
  EXPECT_EQ(host.peer().Take(), "one two three");
  EXPECT_TRUE(host.peer().got_fin());
}

// A cluster whose hosts are checked each second, by an HTTP host on the same address.
ProxyOptions CheckedTcp(bool closes, std::function<void(ProxyFixture&)> before_start) {
  ProxyOptions options = Tcp();
  options.log = "%CONNECTION_TERMINATION_DETAILS%";
  options.cluster =
      absl::StrCat("close_connections_on_host_health_failure: ", closes ? "true" : "false", R"(
health_checks:
- { timeout: 0.5s, interval: 1s, no_traffic_interval: 1s, unhealthy_threshold: 1,
    healthy_threshold: 1, tcp_health_check: {} })");
  options.before_start = std::move(before_start);
  return options;
}

TEST(TcpProxy, TheConnectionToAHostThatFallsIllMayBeClosed) {
  for (const bool closes : {true, false}) {
    std::unique_ptr<TcpHost> host;
    ProxyFixture proxy("", CheckedTcp(closes, [&host](ProxyFixture& fixture) {
                         host = std::make_unique<TcpHost>(fixture);
                       }));
    auto client = DialProxy(proxy);
    proxy.Run();
    client->Send("ping");
    proxy.Advance(seconds(3));
    EXPECT_FALSE(client->got_fin() || client->got_reset());
    proxy.world().memory().StopServing(ProxyFixture::HostAddress(0, 0));  // to checks, too
    proxy.Advance(seconds(3));
    EXPECT_EQ(client->got_fin() || client->got_reset(), closes);
    EXPECT_EQ(proxy.LogLines(), closes ? Lines{"host_unhealthy"} : Lines{});
    client.reset();
    proxy.Run();
    host.reset();
  }
}

TEST(TcpProxy, WhatWaitsForTheHostIsBounded) {
  constexpr size_t kLimit = 64 * 1024, kBlock = 16 * 1024;
  ProxyOptions options = Tcp();
  options.cluster = "per_connection_buffer_limit_bytes: 65536";
  ProxyFixture proxy("", options);
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).latency = milliseconds(400);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  const std::string body = Numbered(1 << 20);
  client->Send(body);
  proxy.Advance(milliseconds(10));
  EXPECT_LE(proxy.world().worker().slabs.blocks_in_use(), (kLimit + 128 * 1024) / kBlock + 2);
  EXPECT_GT(client->unsent_bytes(), body.size() / 4) << "the client is held up";
  EXPECT_EQ(proxy.Stat("tcp.test.downstream_flow_control_paused_reading_total"), 1);
  proxy.Advance(seconds(60));
  EXPECT_TRUE(host.peer().Take() == body);
}

// One side does not read: what is held is bounded, and nothing is lost.
void HoldUp(bool client_holds) {
  constexpr size_t kLimit = 64 * 1024, kBlock = 16 * 1024;
  ProxyOptions options = Tcp();
  options.cluster = options.listener = "per_connection_buffer_limit_bytes: 65536";
  ProxyFixture proxy("", options);
  proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 16384;
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 16384;
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Run();
  MemoryPeer& reader = client_holds ? *client : host.peer();
  MemoryPeer& writer = client_holds ? host.peer() : *client;
  const std::string body = Numbered(1 << 20);
  reader.StopReading();
  writer.Send(body);
  proxy.Run();
  EXPECT_LE(proxy.world().worker().slabs.blocks_in_use(), (kLimit + 2 * 128 * 1024) / kBlock + 6);
  EXPECT_GT(writer.unsent_bytes(), body.size() / 4);
  reader.Send("meanwhile");
  proxy.Run();
  EXPECT_EQ(writer.Take(), "meanwhile") << "the other direction goes on";
  const std::string stat =
      client_holds ? "cluster.users.upstream_flow_control_" : "tcp.test.downstream_flow_control_";
  EXPECT_GE(proxy.Stat(stat + "paused_reading_total"), 1);
  EXPECT_GT(proxy.Stat(absl::StrCat("tcp.test.downstream_cx_", client_holds ? "tx" : "rx",
                                    "_bytes_buffered")),
            static_cast<int64_t>(kLimit));
  reader.ReadOn();
  proxy.Run();
  EXPECT_TRUE(reader.Take() == body);
  EXPECT_EQ(proxy.Stat(stat + "paused_reading_total"), proxy.Stat(stat + "resumed_reading_total"));
  EXPECT_EQ(proxy.world().worker().slabs.blocks_in_use(), 0u) << "an idle tunnel holds none";
}

TEST(TcpProxy, AClientThatDoesNotReadHoldsABoundedAmount) { HoldUp(/*client_holds=*/true); }
TEST(TcpProxy, AHostThatDoesNotReadHoldsABoundedAmount) { HoldUp(/*client_holds=*/false); }

// ---- Which host.

TEST(TcpProxy, WeightedClustersShareTheConnections) {
  ProxyOptions options = Tcp();
  options.tcp =
      "weighted_clusters: { clusters: [{ name: users, weight: 3 }, { name: others, weight: 1 }] }";
  options.clusters = {{"users", 1}, {"others", 1}};
  ProxyFixture proxy("", options);
  TcpHost many(proxy, 0, 0), few(proxy, 0, 1);
  std::vector<std::unique_ptr<MemoryPeer>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(DialProxy(proxy));
  proxy.Run();
  EXPECT_EQ(many.connections() + few.connections(), 100u);
  EXPECT_NEAR(static_cast<double>(many.connections()), 75, 20);
}

TEST(TcpProxy, NoSuchCluster) {
  ProxyOptions options = Tcp();
  options.tcp = "cluster: nobody";
  ProxyFixture proxy("", options);
  auto client = DialProxy(proxy);
  proxy.Run();
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.Stat("tcp.test.downstream_cx_no_route"), 1);
  EXPECT_EQ(proxy.LogLines(), Lines{"NC 0 0"});
}

TEST(TcpProxy, NoHost) {
  ProxyOptions options = Tcp();
  options.cluster = "type: STRICT_DNS";
  ProxyFixture proxy("", options);
  auto client = DialProxy(proxy);
  proxy.Run();
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_none_healthy"), 1);
  EXPECT_EQ(proxy.LogLines(), Lines{"UH 0 0"});
}

TEST(TcpProxy, ARefusedConnectionEndsTheClients) {
  ProxyOptions options = Tcp();
  options.log =
      "%RESPONSE_FLAGS% %UPSTREAM_HOST% %UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% "
      "%UPSTREAM_TRANSPORT_FAILURE_REASON%";
  ProxyFixture proxy("", options);
  auto client = DialProxy(proxy);
  client->Send("anybody?");
  proxy.Run();
  EXPECT_TRUE(client->got_fin() || client->got_reset());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_attempts_exceeded"), 1);
  EXPECT_EQ(proxy.LogLines(),
            Lines{"UF,URX 10.0.0.1:80 - 1 delayed_connect_error:_Connection_refused"});
}

TEST(TcpProxy, TriesAnotherHostAsOftenAsItMay) {
  ProxyOptions options = Tcp("max_connect_attempts: 3");
  options.clusters = {{"users", 3}};
  ProxyFixture proxy("", options);
  TcpHost host(proxy, 2);
  auto client = DialProxy(proxy);
  client->Send("hello");
  proxy.Run();
  EXPECT_EQ(host.peer().Take(), "hello");
  EXPECT_LE(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 2);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_attempts_exceeded"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_active"), 1);
}

TEST(TcpProxy, AndNoOftener) {
  ProxyFixture proxy("", Tcp("max_connect_attempts: 3"));
  auto client = DialProxy(proxy);
  proxy.Run();
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 3);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_total"), 3);
}

TEST(TcpProxy, AConnectThatTakesTooLongIsAFailedOne) {
  ProxyFixture proxy("", Tcp("max_connect_attempts: 2"));
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).black_hole = true;
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Advance(milliseconds(1500));
  EXPECT_FALSE(client->got_fin());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_timeout"), 1);
  proxy.Advance(seconds(1));
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_timeout"), 2);
  EXPECT_EQ(proxy.LogLines(), Lines{"UF,URX 0 0"});
}

TEST(TcpProxy, TheCircuitBreakerLimitsConnections) {
  ProxyOptions options = Tcp();
  options.cluster = "circuit_breakers: { thresholds: [{ max_connections: 1 }] }";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto first = DialProxy(proxy);
  proxy.Run();
  auto second = DialProxy(proxy);
  proxy.Run();
  EXPECT_TRUE(second->got_fin());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_overflow"), 1);
  EXPECT_EQ(proxy.LogLines(), Lines{"UO 0 0"});
  host.peer().Reset();
  proxy.Run();
  EXPECT_TRUE(first->got_reset());
  auto third = DialProxy(proxy);
  third->Send("now?");
  proxy.Run();
  EXPECT_EQ(host.peer(1).Take(), "now?");
}

TEST(TcpProxy, AndThoseThatAreNotConnectedYet) {
  ProxyOptions options = Tcp();
  options.cluster = "circuit_breakers: { thresholds: [{ max_pending_requests: 1 }] }";
  ProxyFixture proxy("", options);
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).latency = milliseconds(100);
  TcpHost host(proxy);
  auto first = DialProxy(proxy);
  auto second = DialProxy(proxy);
  proxy.Advance(milliseconds(10));
  EXPECT_TRUE(second->got_fin());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_pending_active"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_pending_overflow"), 1);
  EXPECT_EQ(proxy.LogLines(), Lines{"UO 0 0"});
  proxy.Advance(seconds(1));
  auto third = DialProxy(proxy);
  third->Send("now?");
  proxy.Advance(seconds(1));
  EXPECT_EQ(host.peer(1).Take(), "now?");
}

// ---- How it ends.

TEST(TcpProxy, EachDirectionEndsByItself) {
  for (const bool client_first : {true, false}) {
    ProxyFixture proxy("", Tcp());
    TcpHost host(proxy);
    auto client = DialProxy(proxy);
    proxy.Run();
    MemoryPeer& first = client_first ? *client : host.peer();
    MemoryPeer& second = client_first ? host.peer() : *client;
    first.Send("that was all");
    first.SendFin();
    proxy.Run();
    EXPECT_EQ(second.Take(), "that was all");
    EXPECT_TRUE(second.got_fin());
    EXPECT_FALSE(first.got_fin());
    proxy.Advance(seconds(30));
    second.Send("still here");
    proxy.Run();
    EXPECT_EQ(first.Take(), "still here");
    second.SendFin();
    proxy.Run();
    EXPECT_TRUE(first.got_fin());
    EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_active"), 0);
    EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_cx_active"), 0);
    EXPECT_EQ(proxy.LogLines(), Lines{client_first ? "- 12 10" : "- 10 12"});
  }
}

TEST(TcpProxy, AResetReachesTheOtherSide) {
  for (const bool client_first : {true, false}) {
    ProxyFixture proxy("", Tcp());
    TcpHost host(proxy);
    auto client = DialProxy(proxy);
    proxy.Run();
    (client_first ? *client : host.peer()).Reset();
    proxy.Advance(seconds(2));
    EXPECT_TRUE((client_first ? host.peer() : *client).got_reset());
    EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_active"), 0);
  }
}

TEST(TcpProxy, AClientThatGoesWhileTheHostIsAskedCancels) {
  ProxyFixture proxy("", Tcp());
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).latency = milliseconds(400);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  client->Send("wait");
  proxy.Advance(milliseconds(10));
  client->Reset();
  proxy.Advance(seconds(5));
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_cancelled") +
                proxy.Stat("cluster.users.upstream_rq_total"),
            1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_active"), 0);
}

// The client has what it wants and goes; a slow host is to get the rest all the same.
TEST(TcpProxy, TheHostGetsWhatTheClientHasSentBeforeItWent) {
  ProxyFixture proxy("", Tcp());
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 4096;
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Run();
  host.peer().StopReading();
  const std::string body = Numbered(100000);
  client->Send(body);
  proxy.Run();
  client->Reset();
  proxy.Advance(seconds(2));
  EXPECT_EQ(proxy.Stat("tcp.test.upstream_flush_total"), 1);
  EXPECT_EQ(proxy.Stat("tcp.test.upstream_flush_active"), 1);
  host.peer().ReadOn();
  proxy.Run();
  EXPECT_TRUE(host.peer().Take() == body);
  EXPECT_TRUE(host.peer().got_reset());
  EXPECT_EQ(proxy.Stat("tcp.test.upstream_flush_active"), 0);
}

TEST(TcpProxy, ADrainLeavesItAloneAndAnEndEndsIt) {
  ProxyFixture proxy("", Tcp());
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Run();
  bool empty = false;
  proxy.core().StartDrain([&empty] { empty = true; });
  proxy.Advance(hours(1) - seconds(1));
  client->Send("still here");
  proxy.Run();
  EXPECT_EQ(host.peer().Take(), "still here");
  EXPECT_FALSE(empty);
  proxy.core().CloseAll([] {});
  proxy.Run();
  EXPECT_TRUE(empty);
  EXPECT_TRUE(client->got_fin());
  EXPECT_TRUE(host.peer().got_fin());
}

// ---- Time.

TEST(TcpProxy, AnIdleTunnelIsClosed) {
  ProxyOptions options = Tcp("idle_timeout: 10s");
  options.log = "%DURATION% %CONNECTION_TERMINATION_DETAILS%";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Advance(seconds(8));
  client->Send("x");
  proxy.Advance(seconds(8));
  host.peer().Send("y");
  proxy.Advance(seconds(8));
  EXPECT_FALSE(client->got_fin());
  proxy.Advance(seconds(3));
  EXPECT_TRUE(client->got_fin());
  EXPECT_TRUE(host.peer().got_fin());
  EXPECT_EQ(proxy.Stat("tcp.test.idle_timeout"), 1);
  EXPECT_EQ(proxy.LogLines(), Lines{"26000 tcp_session_idle_timeout"});
}

TEST(TcpProxy, AfterAnHourUnlessToldOtherwise) {
  for (const bool never : {false, true}) {
    ProxyFixture proxy("", Tcp(never ? "idle_timeout: 0s" : ""));
    TcpHost host(proxy);
    auto client = DialProxy(proxy);
    proxy.Advance(hours(1) - seconds(1));
    EXPECT_FALSE(client->got_fin());
    proxy.Advance(hours(10));
    EXPECT_EQ(client->got_fin(), !never);
  }
}

TEST(TcpProxy, AHostThatNeverReadsIsIdle) {
  ProxyFixture proxy("", Tcp("idle_timeout: 10s"));
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 4096;
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Run();
  host.peer().StopReading();
  client->Send(Numbered(100000));
  client->SendFin();
  proxy.Advance(seconds(11));
  EXPECT_EQ(proxy.Stat("tcp.test.idle_timeout"), 1);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_active"), 0);
}

TEST(TcpProxy, TheLongestDuration) {
  ProxyOptions options = Tcp("max_downstream_connection_duration: 60s");
  options.log = "%RESPONSE_FLAGS% %DURATION% %CONNECTION_TERMINATION_DETAILS%";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  for (int i = 0; i < 59; ++i) {
    client->Send("x");
    proxy.Advance(seconds(1));
  }
  EXPECT_FALSE(client->got_fin());
  proxy.Advance(seconds(1));
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.Stat("tcp.test.max_downstream_connection_duration"), 1);
  EXPECT_EQ(proxy.LogLines(), Lines{"DT 60000 max_connection_duration_reached"});
}

}  // namespace
}  // namespace sluice
