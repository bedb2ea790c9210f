// Connections that listener filters look at: what they may see, and how long it may take.

#include <algorithm>

#include "test/listener/listener_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Waits for `bytes`, of which it takes `consume`, and then does what it is told.
struct Script {
  size_t peek_max = 100;
  size_t bytes = 0;
  size_t consume = 0;
  ListenerVerdict verdict = ListenerVerdict::kContinue;
  std::string server_name;
  std::vector<std::string>* views = nullptr;
};

class ScriptedListenerFilter final : public ListenerFilter {
 public:
  explicit ScriptedListenerFilter(const Script& script) : script_(script) {}
  size_t peek_bytes_max() const override { return script_.peek_max; }
  ListenerVerdict OnBytes(absl::string_view bytes, IoHandle&, AcceptedFacts& facts,
                          size_t& consume) override {
    if (script_.views != nullptr) script_.views->emplace_back(bytes);
    if (bytes.size() < script_.bytes) return ListenerVerdict::kWait;
    consume = script_.consume;
    if (!script_.server_name.empty()) facts.server_name = script_.server_name;
    return script_.verdict;
  }

 private:
  const Script& script_;
};

class ScriptedFactory final : public ListenerFilterFactory {
 public:
  explicit ScriptedFactory(Script script) : script_(std::move(script)) {}
  std::unique_ptr<ListenerFilter> Create(WorkerContext&) const override {
    return std::make_unique<ScriptedListenerFilter>(script_);
  }

 private:
  const Script script_;
};

class PendingConnectionTest : public ListenerTest {
 protected:
  PendingConnectionTest() {
    registry_.AddListenerFilter(
        "google.protobuf.UInt32Value", [this](const google::protobuf::Message& message,
                                              const ExtensionContext&, const FieldScope&) {
          const uint32_t which = static_cast<const google::protobuf::UInt32Value&>(message).value();
          return std::make_unique<ScriptedFactory>(scripts_[which]);
        });
  }
  // A listener with these filters and one chain.
  void StartWith(std::vector<Script> scripts, const std::string& fields = "") {
    scripts_ = std::move(scripts);
    std::string text = fields;
    for (size_t i = 0; i < scripts_.size(); ++i) {
      absl::StrAppend(&text, " listener_filters { name: 'f' typed_config { ",
                      "[type.googleapis.com/google.protobuf.UInt32Value] { value: ", i, " } } } ");
    }
    Start(text + Chain("rest") + Chain("db", "server_names: 'db'"));
  }
  std::vector<Script> scripts_;
};

TEST_F(PendingConnectionTest, FiltersLookInOrderAndWhatIsTakenIsGone) {
  std::vector<std::string> first, second;
  StartWith({{.bytes = 3, .consume = 2, .views = &first},
             {.bytes = 4, .server_name = "db", .views = &second}});
  auto peer = Dial();
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 1);
  peer->Send("ab");
  world_.RunUntilIdle();
  peer->Send("cdef");
  world_.RunUntilIdle();
  EXPECT_EQ(first, (std::vector<std::string>{"ab", "abcdef"}));
  EXPECT_EQ(second, (std::vector<std::string>{"cdef"}));
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->bytes, "cdef");
  EXPECT_EQ(taken_[0]->chain, "db");
  EXPECT_EQ(taken_[0]->accepted->server_name, "db");
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
  EXPECT_EQ(Stat("downstream_cx_total"), 1);
  // Readiness goes to the chain's connection now.
  peer->Send("gh");
  world_.RunUntilIdle();
  EXPECT_EQ(taken_[0]->bytes, "cdefgh");
}

TEST_F(PendingConnectionTest, AFilterThatLooksAtNothingWaitsForNothing) {
  StartWith({{.peek_max = 0, .server_name = "db"}});
  auto peer = Dial();
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->chain, "db");
}

TEST_F(PendingConnectionTest, OneThatWaitsWithAllInViewIsClosedFor) {
  std::vector<std::string> views;
  StartWith({{.peek_max = 4, .bytes = 5, .views = &views}});
  auto peer = Dial();
  peer->Send("abc");
  world_.RunUntilIdle();
  EXPECT_FALSE(peer->got_reset() || peer->got_fin());
  peer->Send("defg");
  world_.RunUntilIdle();
  EXPECT_TRUE(peer->got_reset() || peer->got_fin());
  EXPECT_EQ(views.back(), "abcd");
  EXPECT_TRUE(taken_.empty());
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
}

TEST_F(PendingConnectionTest, NoneSeesMoreThanTheSocketHolds) {
  StartWith({{.peek_max = SIZE_MAX, .bytes = SIZE_MAX}});
  auto peer = Dial();
  peer->Send(std::string(PendingConnection::kPeekBytesMax - 1, 'x'));
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 1);
  peer->Send("y");
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(PendingConnectionTest, AFilterMayClose) {
  StartWith({{.bytes = 1, .verdict = ListenerVerdict::kClose}});
  auto peer = Dial();
  peer->Send("x");
  world_.RunUntilIdle();
  EXPECT_TRUE(peer->got_reset() || peer->got_fin());
  EXPECT_TRUE(taken_.empty());
  EXPECT_EQ(Stat("downstream_cx_total"), 0);
}

TEST_F(PendingConnectionTest, TheTimeIsOverAfter15Seconds) {
  StartWith({{.bytes = 5}});
  auto peer = Dial();
  // However often a byte comes.
  for (int i = 0; i < 4; ++i) {
    peer->Send("x");
    world_.Advance(milliseconds(3749));
  }
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 1);
  world_.Advance(milliseconds(4));
  EXPECT_TRUE(peer->got_reset());
  EXPECT_EQ(Stat("downstream_pre_cx_timeout"), 1);
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(PendingConnectionTest, OrWhenTheConfigurationSaysSo) {
  StartWith({{.bytes = 1}}, "listener_filters_timeout { seconds: 2 }");
  auto peer = Dial();
  world_.Advance(milliseconds(1999));
  EXPECT_EQ(Stat("downstream_pre_cx_timeout"), 0);
  world_.Advance(milliseconds(1));
  EXPECT_EQ(Stat("downstream_pre_cx_timeout"), 1);
}

TEST_F(PendingConnectionTest, ZeroIsNoTimeout) {
  StartWith({{.bytes = 1}}, "listener_filters_timeout {}");
  auto peer = Dial();
  world_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 1);
  peer->Send("x");
  world_.RunUntilIdle();
  EXPECT_EQ(taken_.size(), 1);
}

TEST_F(PendingConnectionTest, GoesOnAfterTheTimeWhereItMay) {
  StartWith({{.bytes = 5}, {.server_name = "db"}},
            "listener_filters_timeout { seconds: 2 } continue_on_listener_filters_timeout: true");
  auto peer = Dial();
  peer->Send("abc");
  world_.Advance(seconds(2));
  ASSERT_EQ(taken_.size(), 1);
  // Filters that were not asked have found nothing out.
  EXPECT_EQ(taken_[0]->chain, "rest");
  EXPECT_EQ(taken_[0]->bytes, "abc");
  EXPECT_EQ(Stat("downstream_pre_cx_timeout"), 1);
}

TEST_F(PendingConnectionTest, AClientThatLeavesIsNotWaitedFor) {
  StartWith({{.bytes = 5}});
  auto silent = Dial();
  silent->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("downstream_listener_filter_remote_close"), 1);
  auto partial = Dial();
  partial->Send("abc");
  partial->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("downstream_listener_filter_remote_close"), 2);
  auto late = Dial();
  late->Send("abc");
  world_.RunUntilIdle();
  late->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("downstream_listener_filter_remote_close"), 3);
  auto reset = Dial();
  reset->Reset();
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("downstream_listener_filter_error"), 1);
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(PendingConnectionTest, BytesAndFinTogetherAreServed) {
  StartWith({{.bytes = 3}});
  auto peer = Dial();
  peer->Send("abc");
  peer->SendFin();
  world_.Advance(seconds(2));
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->bytes, "abc");
  EXPECT_EQ(taken_[0]->closed, "peer");
}

TEST_F(PendingConnectionTest, NoMatchAfterTheFiltersIsCounted) {
  scripts_ = {{.server_name = "other"}};
  Start(
      "listener_filters { name: 'f' typed_config { "
      "[type.googleapis.com/google.protobuf.UInt32Value] {} } } " +
      Chain("db", "server_names: 'db'"));
  auto peer = Dial();
  peer->Send("x");
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("no_filter_chain_match"), 1);
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
  EXPECT_EQ(Stat("downstream_cx_active"), 0);
}

TEST_F(PendingConnectionTest, CloseAllClosesThem) {
  StartWith({{.bytes = 5}});
  auto peer = Dial();
  listener_->CloseAll();
  world_.RunUntilIdle();
  EXPECT_TRUE(peer->got_fin());
  EXPECT_EQ(listener_->connections(), 0);
  EXPECT_EQ(Stat("downstream_pre_cx_active"), 0);
}

// Who has connected is served: the chain's connection is short then.
TEST_F(PendingConnectionTest, ADrainWaitsForThem) {
  StartWith({{.bytes = 5}});
  auto served = Dial(), silent = Dial();
  bool empty = false;
  listener_->StopAccepting();
  listener_->StartDrain([&] { empty = true; });
  served->Send("hello");
  world_.RunUntilIdle();
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_TRUE(taken_[0]->draining);
  served.reset();
  world_.RunUntilIdle();
  EXPECT_FALSE(empty);
  world_.Advance(seconds(15));
  EXPECT_TRUE(empty);
  EXPECT_TRUE(silent->got_fin());
}

TEST_F(PendingConnectionTest, WhateverFailsNothingIsLeft) {
  for (const FaultKind kind : {FaultKind::kReset, FaultKind::kShort}) {
    for (uint64_t call = 1; call < 12; ++call) {
      StartWith({{.bytes = 3, .consume = 2}, {.bytes = 4}});
      world_.memory().FailCall(call, kind);
      auto peer = Dial();
      peer->Send("ab");
      world_.RunUntilIdle();
      peer->Send("cdef");
      world_.RunUntilIdle();
      peer.reset();
      world_.RunUntilIdle();
      EXPECT_EQ(listener_->connections(), 0) << call;
      TearDown();
    }
  }
  for (const auto& taken : taken_) {
    EXPECT_EQ(std::string("cdef").substr(0, taken->bytes.size()), taken->bytes);
  }
}

}  // namespace
}  // namespace sluice
