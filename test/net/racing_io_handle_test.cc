// Connecting to a host that has several addresses (RFC 8305).
#include "source/net/racing_io_handle.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/net/plaintext_socket.h"
#include "test/net/connection_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

Address At(const std::string& ip) { return *Address::FromIp(ip, 80); }

std::string TurnsOf(const std::vector<std::string>& ips) {
  std::vector<Address> addresses;
  for (const std::string& ip : ips) addresses.push_back(At(ip));
  std::string text;
  for (const Address& address : Interleave(addresses)) {
    absl::StrAppend(&text, text.empty() ? "" : " ", address.ip_text());
  }
  return text;
}

TEST(Interleave, FamiliesTakeTurns) {
  EXPECT_EQ(TurnsOf({"10.0.0.1"}), "10.0.0.1");
  EXPECT_EQ(TurnsOf({"10.0.0.1", "10.0.0.2", "::1", "::2"}), "10.0.0.1 ::1 10.0.0.2 ::2");
  EXPECT_EQ(TurnsOf({"::1", "::2", "::3", "10.0.0.1"}), "::1 10.0.0.1 ::2 ::3");
  EXPECT_EQ(TurnsOf({"::1", "::2"}), "::1 ::2");
}

// A connection to 10.0.0.1, 10.0.0.2 and 10.0.0.3.
class Race : public testing::Test {
 protected:
  ~Race() override {
    connection_.reset();
    peers_.clear();
    world_.RunUntilIdle();
  }
  void Serve(int n) {
    world_.memory().Serve(
        To(n), [this](std::unique_ptr<MemoryPeer> peer) { peers_.push_back(std::move(peer)); });
  }
  static Address To(int n) { return At(absl::StrCat("10.0.0.", n)); }
  LinkShape& shape(int n) { return world_.memory().shape(To(n)); }
  void Start(Duration connect_timeout = Duration(0)) {
    limits_.connect_timeout = connect_timeout;
    const std::vector<Address> addresses = {To(1), To(2), To(3)};
    connection_ = std::make_unique<Connection>(
        world_.worker(), Connection::Side::kConnecting,
        ConnectToAny(world_.network(), world_.worker().loop, addresses, {}), nullptr, limits_);
    connection_->Start(handler_);
    world_.RunUntilIdle();
  }
  std::string Peer() { return connection_->io().peer_address().text(); }

  SimWorld world_;
  ConnectionLimits limits_;
  RecordingHandler handler_;
  std::vector<std::unique_ptr<MemoryPeer>> peers_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(Race, TheFirstAddressIsTriedFirstAndAloneWhereItAnswers) {
  for (int n : {1, 2, 3}) Serve(n);
  Start();
  world_.Advance(milliseconds(1000));
  EXPECT_EQ(handler_.log, "connected");
  EXPECT_EQ(Peer(), "10.0.0.1:80");
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(Race, TheNextIsTriedAtOnceWhenOneRefuses) {
  Serve(3);
  Start();
  EXPECT_EQ(handler_.log, "connected");
  EXPECT_EQ(Peer(), "10.0.0.3:80");
}

TEST_F(Race, TheNextIsTriedAfterAWhileWhenOneIsSilent) {
  shape(1).black_hole = true;
  Serve(2);
  Start();
  world_.Advance(milliseconds(299));
  EXPECT_EQ(handler_.log, "");
  world_.Advance(milliseconds(1));
  EXPECT_EQ(handler_.log, "connected");
  EXPECT_EQ(Peer(), "10.0.0.2:80");
}

TEST_F(Race, OneThatIsSlowMayStillWin) {
  shape(1).latency = milliseconds(400);
  shape(2).black_hole = shape(3).black_hole = true;
  Serve(1);
  Start();
  world_.Advance(milliseconds(1000));
  EXPECT_EQ(handler_.log, "connected");
  EXPECT_EQ(Peer(), "10.0.0.1:80");
}

TEST_F(Race, WhoLosesIsGivenUp) {
  shape(1).latency = milliseconds(400);
  Serve(1);
  Serve(2);
  Start();
  world_.Advance(milliseconds(2000));
  EXPECT_EQ(Peer(), "10.0.0.2:80");
  EXPECT_EQ(world_.memory().open_handles(), 1u);
}

TEST_F(Race, BytesGoBothWaysOverTheWinner) {
  Serve(2);
  Start();
  ASSERT_EQ(peers_.size(), 1u);
  handler_.output = "ping";
  connection_->WantWrite();
  peers_[0]->Send("pong");
  world_.RunUntilIdle();
  EXPECT_EQ(peers_[0]->received(), "ping");
  EXPECT_EQ(handler_.log, "connected pong");
}

TEST_F(Race, WhereAllRefuseTheConnectionHasFailed) {
  Start();
  EXPECT_EQ(handler_.log, "closed:connect-failed");
  EXPECT_EQ(connection_->io().ConnectError(), ECONNREFUSED);
}

TEST_F(Race, TheTimeToConnectIsThatOfAllOfThem) {
  for (int n : {1, 2, 3}) shape(n).black_hole = true;
  Start(milliseconds(500));
  world_.Advance(milliseconds(499));
  EXPECT_EQ(handler_.log, "");
  world_.Advance(milliseconds(1));
  EXPECT_EQ(handler_.log, "closed:connect-timeout");
}

TEST_F(Race, ItMayBeGivenUpAtAnyTime) {
  shape(1).black_hole = true;
  Serve(2);
  Start();
  world_.Advance(milliseconds(100));
  connection_.reset();
  world_.Advance(milliseconds(1000));
  EXPECT_EQ(peers_.size(), 0u);
}

}  // namespace
}  // namespace sluice
