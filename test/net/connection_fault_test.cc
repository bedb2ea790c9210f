// Connection under the fault schedule: whatever call goes wrong, both ends hear of exactly one end,
// and what has arrived is what was sent, in order.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "test/harness/fault_schedule.h"
#include "test/net/connection_fixture.h"

namespace sluice {
namespace {

std::string Numbered(absl::string_view what, size_t bytes_min) {
  std::string text;
  for (int i = 0; text.size() < bytes_min; ++i) absl::StrAppend(&text, what, i, " ");
  return text;
}

// One end: sends its text, closes when it has received the other's, and checks what it gets.
class Talker final : public ConnectionHandler {
 public:
  Talker(WorkerContext& worker, Connection::Side side, std::unique_ptr<IoHandle> io,
         const ConnectionLimits& limits, std::string says, std::string hears)
      : to_say_(std::move(says)), hears_(std::move(hears)) {
    connection_ = std::make_unique<Connection>(worker, side, std::move(io), nullptr, limits);
    connection_->Start(*this);
    if (connection_ != nullptr) connection_->WantWrite();
  }
  void OnBytes(Buffer& in, End end) override {
    EXPECT_EQ(closings_, 0);
    heard_ += in.ToString();
    in.Clear();
    EXPECT_EQ(heard_, hears_.substr(0, heard_.size()));
    if (heard_ == hears_ || end == End::kYes) connection_->Close(CloseKind::kFlush);
  }
  void FillOutput(Buffer& out, size_t bytes_max) override {
    EXPECT_EQ(closings_, 0);
    const size_t n = std::min(bytes_max, to_say_.size());
    out.Append(absl::string_view(to_say_).substr(0, n));
    to_say_.erase(0, n);
  }
  void OnConnectionClosed(CloseCause cause) override {
    ++closings_;
    cause_ = cause;
    Connection& connection = *connection_;
    connection.worker().loop.DeleteLater(std::move(connection_));
  }
  int closings() const { return closings_; }
  CloseCause cause() const { return cause_; }
  bool heard_all() const { return heard_ == hears_; }

 private:
  std::unique_ptr<Connection> connection_;
  std::string to_say_;
  const std::string hears_;
  std::string heard_;
  int closings_ = 0;
  CloseCause cause_ = CloseCause::kLocal;
};

struct Acceptor final : ReadyObserver {
  void OnReady(Readiness) override {
    while (std::unique_ptr<IoHandle> io = socket->Accept()) on_accept(std::move(io));
  }
  std::unique_ptr<ListenSocket> socket;
  std::function<void(std::unique_ptr<IoHandle>)> on_accept;
};

void Conversation(FaultSchedule& faults, const LinkShape& shape) {
  const Address address = Address::FromIp("10.0.0.1", 80).value();
  const std::string question = Numbered("question ", 3000), answer = Numbered("answer ", 60000);
  ConnectionLimits limits;
  limits.connect_timeout = std::chrono::seconds(5);
  SimWorld world({.workers = 2});
  world.memory().shape(address) = shape;
  std::unique_ptr<Talker> server;
  Acceptor acceptor;
  acceptor.socket = world.network().Listen(world.poller(0), address, {}).value();
  acceptor.socket->Watch(acceptor);
  acceptor.on_accept = [&](std::unique_ptr<IoHandle> io) {
    server = std::make_unique<Talker>(world.worker(0), Connection::Side::kAccepted, std::move(io),
                                      limits, answer, question);
  };
  faults.Arm(world);
  Talker client(world.worker(1), Connection::Side::kConnecting,
                world.network().Connect(world.poller(1), address, {}), limits, question, answer);
  world.Advance(std::chrono::minutes(1));
  EXPECT_EQ(client.closings(), 1);
  if (server != nullptr) {
    EXPECT_EQ(server->closings(), 1);
  }
  if (!faults.happened()) {
    EXPECT_TRUE(client.heard_all() && server->heard_all());
    EXPECT_EQ(client.cause(), CloseCause::kLocal);
  }
  acceptor.socket.reset();
  world.RunUntilIdle();
}

TEST(ConnectionUnderFaults, AConversationEndsOnceForBothSides) {
  const uint64_t runs =
      RunUnderFaults([](FaultSchedule& faults) { Conversation(faults, LinkShape()); });
  EXPECT_GE(runs, 2 * 8);
}

TEST(ConnectionUnderFaults, AConversationOverSmallBuffersEndsOnceForBothSides) {
  const uint64_t runs = RunUnderFaults([](FaultSchedule& faults) {
    Conversation(faults, {.latency = std::chrono::milliseconds(3), .buffer_bytes = 5000});
  });
  EXPECT_GE(runs, 2 * 20);
}

TEST(ConnectionUnderFaults, AConversationInShortCountsEndsOnceForBothSides) {
  const uint64_t runs = RunUnderFaults([](FaultSchedule& faults) {
    Conversation(faults, {.read_bytes_max = 1777, .write_bytes_max = 1333});
  });
  EXPECT_GE(runs, 2 * 40);
}

}  // namespace
}  // namespace sluice
