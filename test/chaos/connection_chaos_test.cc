// Two connections talk over a bad network, and both do at random what handlers may do. Whatever
// happens: each hears of its end exactly once, bytes arrive in order and unchanged, and nothing is
// left over. The same seed takes the same course.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/net/connection.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kSeeds = 400;

// The byte that stands at `offset` of every stream: so a lost or doubled byte shows.
char ByteAt(uint64_t offset) { return static_cast<char>('a' + offset % 23 + offset / 1000 % 3); }

// A handler without manners.
class Wild final : public ConnectionHandler {
 public:
  Wild(WorkerContext& worker, Random& random, std::string& course, char name)
      : worker_(worker),
        random_(random),
        course_(course),
        name_(name),
        to_write_(random.Below(300000)),
        timer_(worker.loop, this, kMethod<&Wild::OnTimer>) {
    limits_.close_timeout = milliseconds(random.Below(3) * 700);
    limits_.connect_timeout = milliseconds(2000);
    limits_.write_chunk_bytes = 1 + random.Below(100000);
    limits_.read_chunk_bytes_max = 1 + random.Below(200000);
  }
  void Start(Connection::Side side, std::unique_ptr<IoHandle> io) {
    connection_ = std::make_unique<Connection>(worker_, side, std::move(io), nullptr, limits_);
    if (random_.Below(2) == 0) connection_->AllowHalfClose();
    timer_.Arm(milliseconds(random_.Below(100)));
    connection_->Start(*this);
    if (connection_ != nullptr) connection_->WantWrite();
  }
  void OnConnected() override { ActAtRandom(); }
  void OnBytes(Buffer& in, End end) override {
    EXPECT_FALSE(ended_);
    EXPECT_EQ(pauses_, 0);
    EXPECT_FALSE(got_end_ && end == End::kYes);
    got_end_ = got_end_ || end == End::kYes;
    const std::string bytes = in.ToString();
    // The first bytes may have been left before.
    for (size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], ByteAt(taken_ + i));
    const size_t take = random_.Below(4) == 0 ? random_.Below(bytes.size() + 1) : bytes.size();
    in.Drain(take);
    taken_ += take;
    ActAtRandom();
  }
  void FillOutput(Buffer& out, size_t bytes_max) override {
    EXPECT_FALSE(ended_);
    std::string bytes;
    const size_t n = std::min({bytes_max, to_write_ - written_, size_t{1} + random_.Below(50000)});
    for (size_t i = 0; i < n; ++i) bytes.push_back(ByteAt(written_ + i));
    out.Append(bytes);
    written_ += n;
    if (random_.Below(20) == 0) ActAtRandom();
  }
  void OnFlushed() override { EXPECT_FALSE(ended_); }
  bool AwaitsBytes() const override { return awaits_bytes_; }
  void OnConnectionClosed(CloseCause cause) override {
    EXPECT_FALSE(ended_);
    ended_ = true;
    absl::StrAppend(&course_, std::string(1, name_), static_cast<int>(cause), " r",
                    connection_->bytes_read(), " w", connection_->bytes_written(), "; ");
    timer_.Disarm();
    worker_.loop.DeleteLater(std::move(connection_));
  }
  void EndNow() {
    if (connection_ != nullptr && !ended_) connection_->Close(CloseKind::kAbort);
  }
  bool ended() const { return ended_; }

 private:
  void OnTimer() {
    while (pauses_ > 0) Resume();
    connection_->WantWrite();
    timer_.Arm(milliseconds(1 + random_.Below(300)));
    ActAtRandom();
  }
  void Resume() {
    --pauses_;
    connection_->ResumeReading();
  }
  void ActAtRandom() {
    if (ended_) return;
    switch (random_.Below(40)) {
      case 0:
        return connection_->Close(CloseKind::kFlush);
      case 1:
        return connection_->Close(CloseKind::kFlushOnly);
      case 2:
        if (random_.Below(4) == 0) connection_->Close(CloseKind::kNow);
        return;
      case 3:
        if (random_.Below(4) == 0) connection_->Close(CloseKind::kAbort);
        return;
      case 4:
        return connection_->CloseWriteSide();
      case 5:
        return connection_->NotifyWhenFlushed();
      case 6:
        awaits_bytes_ = !awaits_bytes_;
        return connection_->WantWrite();
      case 7:
      case 8:
      case 9:
        ++pauses_;
        return connection_->PauseReading();
      case 10:
        if (pauses_ > 0) Resume();
        return;
      default:
        return;
    }
  }

  WorkerContext& worker_;
  Random& random_;
  std::string& course_;
  const char name_;
  const size_t to_write_;
  ConnectionLimits limits_;
  Timer timer_;
  std::unique_ptr<Connection> connection_;
  size_t written_ = 0;
  uint64_t taken_ = 0;
  int pauses_ = 0;
  bool awaits_bytes_ = true;
  bool got_end_ = false;
  bool ended_ = false;
};

struct Acceptor final : ReadyObserver {
  void OnReady(Readiness) override {
    while (std::unique_ptr<IoHandle> io = socket->Accept()) on_accept(std::move(io));
  }
  std::unique_ptr<ListenSocket> socket;
  std::function<void(std::unique_ptr<IoHandle>)> on_accept;
};

LinkShape BadShape(Random& random) {
  LinkShape shape;
  shape.latency = milliseconds(random.Below(3) * random.Below(30));
  shape.buffer_bytes = 10 + random.Below(200000);
  if (random.Below(3) == 0) shape.read_bytes_max = 1 + random.Below(5000);
  if (random.Below(3) == 0) shape.write_bytes_max = 1 + random.Below(5000);
  shape.refuse = random.Below(30) == 0;
  shape.black_hole = random.Below(30) == 0;
  return shape;
}

std::string RunSeed(uint64_t seed) {
  const Address address = Address::FromIp("10.0.0.1", 80).value();
  std::string course;
  SimWorld world({.workers = 2, .seed = seed});
  world.memory().shape(address) = BadShape(world.random());
  if (world.random().Below(3) == 0) {
    const FaultKind kind = world.random().Below(2) == 0 ? FaultKind::kReset : FaultKind::kShort;
    world.memory().FailCall(1 + world.random().Below(60), kind);
  }
  std::unique_ptr<Wild> server;
  Acceptor acceptor;
  acceptor.socket = world.network().Listen(world.poller(0), address, {}).value();
  acceptor.socket->Watch(acceptor);
  acceptor.on_accept = [&](std::unique_ptr<IoHandle> io) {
    server = std::make_unique<Wild>(world.worker(0), world.worker(0).random, course, 's');
    server->Start(Connection::Side::kAccepted, std::move(io));
  };
  Wild client(world.worker(1), world.worker(1).random, course, 'c');
  client.Start(Connection::Side::kConnecting,
               world.network().Connect(world.poller(1), address, {}));
  world.AdvanceUntil([&] { return client.ended() && server != nullptr && server->ended(); },
                     std::chrono::seconds(60));
  client.EndNow();
  if (server != nullptr) server->EndNow();
  world.Advance(std::chrono::seconds(5));
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(server == nullptr || server->ended());
  acceptor.socket.reset();
  world.RunUntilIdle();
  return course;
}

TEST(ConnectionChaos, EveryCourseKeepsTheRules) {
  for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RunSeed(seed);
  }
}

TEST(ConnectionChaos, TheSameSeedTakesTheSameCourse) {
  for (uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(RunSeed(seed), RunSeed(seed)) << seed;
}

}  // namespace
}  // namespace sluice
