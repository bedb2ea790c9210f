#include "source/net/proxy_tunnel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "test/harness/fault_schedule.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using Side = TunnelSide;
using std::chrono::seconds;

const Address kListen = Address::FromIp("10.0.0.1", 80).value();
const Address kHost = Address::FromIp("10.0.0.2", 80).value();

// A client, the tunnel under test between an accepted and a connecting connection, and a host.
class Pair final : private ReadyObserver {
 public:
  struct Options {
    size_t bytes_max = 1_MiB;
    LinkShape client = {}, host = {};
    FaultSchedule* faults = nullptr;
    bool connect = true;
  };
  Pair() : Pair(Options()) {}
  explicit Pair(const Options& options) : tunnel(world.worker().slabs, options.bytes_max) {
    world.memory().shape(kListen) = options.client;
    world.memory().shape(kHost) = options.host;
    world.memory().Serve(kHost,
                         [this](std::unique_ptr<MemoryPeer> peer) { host = std::move(peer); });
    listener_ = world.network().Listen(world.poller(), kListen, {}).value();
    listener_->Watch(*this);
    if (options.faults != nullptr) options.faults->Arm(world);
    client = world.memory().Dial(kListen);
    world.RunUntilIdle();
    if (options.connect) Connect();
  }
  ~Pair() {
    for (End* end : {&down, &up}) end->connection.reset();
    listener_.reset();
    client.reset();
    host.reset();
    world.RunUntilIdle();
  }

  void Connect() {
    if (tunnel.joined(Side::kUpstream) || down.connection == nullptr) return;
    up.connection = std::make_unique<Connection>(
        world.worker(), Connection::Side::kConnecting,
        world.network().Connect(world.poller(), kHost, SocketOptions()), nullptr, limits_);
    opened = true;
    tunnel.Join(Side::kUpstream, *up.connection);
    up.connection->Start(up);
    world.RunUntilIdle();
  }
  void Run() { world.RunUntilIdle(); }
  size_t blocks() { return world.worker().slabs.blocks_in_use(); }
  bool over() const { return down.closed && (up.closed || !opened); }

  struct End final : ConnectionHandler {
    End(Pair& pair, Side side) : pair(pair), side(side) {}
    void OnBytes(Buffer& in, sluice::End end) override {
      pair.tunnel.OnBytes(side, in, end);
      EXPECT_TRUE(in.empty());
      waited_max = std::max(waited_max, pair.tunnel.waiting_bytes(Opposite(side)));
    }
    void FillOutput(Buffer& out, size_t bytes_max) override {
      const size_t before = out.size();
      const size_t appended = pair.tunnel.FillOutput(side, out, bytes_max);
      EXPECT_EQ(appended, out.size() - before);
    }
    void OnFlushed() override { pair.tunnel.OnFlushed(side); }
    void OnConnectionClosed(CloseCause why) override {
      EXPECT_FALSE(closed);
      closed = true;
      cause = why;
      pair.tunnel.OnClosed(side, why);
      pair.world.worker().loop.DeleteLater(std::move(connection));
    }
    Pair& pair;
    const Side side;
    std::unique_ptr<Connection> connection;
    size_t waited_max = 0;
    CloseCause cause{};
    bool closed = false;
  };

  SimWorld world;
  ProxyTunnel tunnel;
  End down{*this, Side::kDownstream}, up{*this, Side::kUpstream};
  std::unique_ptr<MemoryPeer> client, host;
  bool opened = false;  // the upstream connection

 private:
  void OnReady(Readiness) override {
    while (std::unique_ptr<IoHandle> io = listener_->Accept()) {
      down.connection = std::make_unique<Connection>(world.worker(), Connection::Side::kAccepted,
                                                     std::move(io), nullptr, limits_);
      tunnel.Join(Side::kDownstream, *down.connection);
      down.connection->Start(down);
    }
  }
  ConnectionLimits limits_;
  std::unique_ptr<ListenSocket> listener_;
};

TEST(ProxyTunnel, CarriesBothDirectionsAtOnce) {
  Pair pair;
  pair.client->Send("ping");
  pair.host->Send("pong");
  pair.Run();
  EXPECT_EQ(pair.host->Take(), "ping");
  EXPECT_EQ(pair.client->Take(), "pong");
  pair.client->Send(std::string(300000, 'c'));
  pair.host->Send(std::string(300000, 'h'));
  pair.Run();
  EXPECT_EQ(pair.host->Take(), std::string(300000, 'c'));
  EXPECT_EQ(pair.client->Take(), std::string(300000, 'h'));
  EXPECT_EQ(pair.blocks(), 0u);  // idle: no memory
}

TEST(ProxyTunnel, KeepsWhatComesBeforeTheOtherSideIsThere) {
  Pair pair({.connect = false});
  pair.client->Send("early");
  pair.Run();
  EXPECT_EQ(pair.tunnel.waiting_bytes(Side::kUpstream), 5u);
  pair.client->Send(", and an end");
  pair.client->SendFin();
  pair.Run();
  pair.Connect();
  EXPECT_EQ(pair.host->Take(), "early, and an end");
  EXPECT_TRUE(pair.host->got_fin());
  EXPECT_FALSE(pair.over());
}

TEST(ProxyTunnel, ASideThatFailedLeavesItsBytesToTheNext) {
  Pair pair({.connect = false});
  pair.client->Send("early");
  pair.Run();
  pair.Connect();
  Pair other({.connect = false});
  other.client->Send("early");
  other.Run();
  auto failed = std::make_unique<Connection>(
      other.world.worker(), Connection::Side::kConnecting,
      other.world.network().Connect(other.world.poller(), kHost, SocketOptions()), nullptr,
      ConnectionLimits());
  other.tunnel.Join(Side::kUpstream, *failed);
  other.tunnel.Leave(Side::kUpstream);
  failed.reset();
  other.Connect();
  EXPECT_EQ(other.host->Take(), "early");
}

TEST(ProxyTunnel, ALimitMayComeAfterTheFirstBytes) {
  Pair pair({.bytes_max = 1000, .client = {.buffer_bytes = 20000}, .connect = false});
  pair.client->Send(std::string(1'000'000, 'x'));
  pair.Run();
  ASSERT_TRUE(pair.tunnel.paused(Side::kDownstream));
  EXPECT_LE(pair.tunnel.waiting_bytes(Side::kUpstream), 21000u);
  pair.tunnel.SetLimit(Side::kUpstream, 200'000);
  EXPECT_FALSE(pair.tunnel.paused(Side::kDownstream));
  pair.Run();
  EXPECT_TRUE(pair.tunnel.paused(Side::kDownstream));
  EXPECT_GT(pair.tunnel.waiting_bytes(Side::kUpstream), 200'000u);
  pair.tunnel.SetLimit(Side::kUpstream, 100'000);
  EXPECT_TRUE(pair.tunnel.paused(Side::kDownstream));
  pair.Connect();
  EXPECT_EQ(pair.host->Take().size(), 1'000'000u);
}

TEST(ProxyTunnel, EachDirectionEndsByItself) {
  for (const bool client_first : {true, false}) {
    Pair pair;
    MemoryPeer& first = client_first ? *pair.client : *pair.host;
    MemoryPeer& second = client_first ? *pair.host : *pair.client;
    first.Send("last words");
    first.SendFin();
    pair.Run();
    EXPECT_EQ(second.Take(), "last words");
    EXPECT_TRUE(second.got_fin());
    EXPECT_FALSE(first.got_fin());
    EXPECT_FALSE(pair.down.closed || pair.up.closed);
    second.Send("an answer that takes its time");
    pair.Run();
    EXPECT_EQ(first.Take(), "an answer that takes its time");
    second.SendFin();
    pair.Run();
    EXPECT_TRUE(first.got_fin());
    EXPECT_FALSE(first.got_reset() || second.got_reset());
    EXPECT_TRUE(pair.over());
    EXPECT_EQ(pair.down.cause, CloseCause::kPeer);
    EXPECT_EQ(pair.up.cause, CloseCause::kPeer);
  }
}

TEST(ProxyTunnel, AFinWaitsForTheBytesBeforeIt) {
  Pair pair({.host = {.buffer_bytes = 10000}});
  pair.host->StopReading();
  pair.client->Send(std::string(100000, 'x'));
  pair.client->SendFin();
  pair.Run();
  EXPECT_FALSE(pair.host->got_fin());
  pair.host->ReadOn();
  pair.Run();
  EXPECT_EQ(pair.host->Take().size(), 100000u);
  EXPECT_TRUE(pair.host->got_fin());
}

TEST(ProxyTunnel, AReaderThatStopsStopsTheOtherSide) {
  constexpr size_t kSent = 4'000'000, kLimit = 50'000;
  for (const bool client_sends : {true, false}) {
    const LinkShape small = {.buffer_bytes = 20000};
    Pair pair({.bytes_max = kLimit, .client = small, .host = small});
    MemoryPeer& sender = client_sends ? *pair.client : *pair.host;
    MemoryPeer& reader = client_sends ? *pair.host : *pair.client;
    Pair::End& from = client_sends ? pair.down : pair.up;
    reader.StopReading();
    sender.Send(std::string(kSent, 'x'));
    pair.Run();
    EXPECT_GT(sender.unsent_bytes(), kSent - 500'000);  // limit, a chunk each way, the links
    EXPECT_TRUE(pair.tunnel.paused(client_sends ? Side::kDownstream : Side::kUpstream));
    // The limit, and one read.
    EXPECT_LE(from.waited_max, kLimit + 128_KiB);
    // The other direction does not care.
    reader.Send("not me");
    pair.Run();
    EXPECT_EQ(sender.Take(), "not me");
    reader.ReadOn();
    pair.Run();
    EXPECT_EQ(reader.Take().size(), kSent);
    EXPECT_LE(from.waited_max, kLimit + 128_KiB);
    EXPECT_FALSE(pair.tunnel.paused(client_sends ? Side::kDownstream : Side::kUpstream));
  }
}

TEST(ProxyTunnel, AResetGoesOnAsAReset) {
  for (const bool client_first : {true, false}) {
    Pair pair;
    MemoryPeer& first = client_first ? *pair.client : *pair.host;
    MemoryPeer& second = client_first ? *pair.host : *pair.client;
    first.Reset();
    pair.Run();
    EXPECT_TRUE(second.got_reset());
    EXPECT_TRUE(pair.over());
    EXPECT_EQ((client_first ? pair.down : pair.up).cause, CloseCause::kPeerReset);
  }
}

TEST(ProxyTunnel, AResetComesBehindTheBytesBeforeIt) {
  Pair pair({.client = {.buffer_bytes = 10000}});
  pair.client->StopReading();
  pair.host->Send(std::string(50000, 'x'));
  pair.Run();
  pair.host->Reset();
  pair.Run();
  EXPECT_TRUE(pair.up.closed);
  EXPECT_FALSE(pair.down.closed);
  pair.client->Send("to nobody");
  pair.Run();
  EXPECT_EQ(pair.tunnel.waiting_bytes(Side::kUpstream), 0u);
  pair.client->ReadOn();
  pair.Run();
  EXPECT_EQ(pair.client->Take().size(), 50000u);
  EXPECT_TRUE(pair.client->got_reset());
  EXPECT_TRUE(pair.over());
}

TEST(ProxyTunnel, AResetAfterAFinIsNotLost) {
  Pair pair;
  pair.client->SendFin();
  pair.Run();
  pair.client->Reset();
  pair.host->Send("to nobody");
  pair.world.Advance(seconds(5));
  EXPECT_TRUE(pair.host->got_reset());
  EXPECT_TRUE(pair.over());
}

// A source that was paused for a side that is gone must read on, or it would never see its end.
TEST(ProxyTunnel, AClosedSideNoLongerPausesTheOther) {
  const LinkShape small = {.buffer_bytes = 20000};
  Pair pair({.bytes_max = 10000, .client = small, .host = small});
  pair.host->StopReading();
  pair.client->Send(std::string(1'000'000, 'x'));
  pair.Run();
  ASSERT_TRUE(pair.tunnel.paused(Side::kDownstream));
  pair.host->Send("sorry");
  pair.Run();
  pair.host->Reset();
  pair.world.Advance(seconds(5));
  EXPECT_EQ(pair.client->Take(), "sorry");
  EXPECT_TRUE(pair.client->got_reset());
  EXPECT_TRUE(pair.over());
}

TEST(ProxyTunnel, EveryIoCallMayFail) {
  EXPECT_GT(RunUnderFaults([](FaultSchedule& faults) {
              const LinkShape small = {.buffer_bytes = 9000};
              Pair pair({.bytes_max = 5000, .client = small, .host = small, .faults = &faults});
              const std::string up(30000, 'u'), down(40000, 'd');
              pair.client->Send(up);
              if (pair.host != nullptr) pair.host->Send(down);
              pair.Run();
              pair.client->SendFin();
              pair.Run();
              if (pair.host != nullptr) pair.host->SendFin();
              pair.world.Advance(seconds(5));
              // Whatever happens: what comes is a beginning of what was sent, and both sides end
              // alike.
              const std::string got_down = pair.client->Take();
              EXPECT_EQ(got_down, down.substr(0, got_down.size()));
              if (pair.host != nullptr) {
                const std::string got_up = pair.host->Take();
                EXPECT_EQ(got_up, up.substr(0, got_up.size()));
                const bool whole = got_up == up && got_down == down;
                EXPECT_TRUE(whole || faults.happened());
              }
              EXPECT_TRUE(pair.over() || !pair.opened);
            }),
            20u);
}

}  // namespace
}  // namespace sluice
