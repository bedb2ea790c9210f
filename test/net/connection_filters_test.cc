#include "source/net/connection_filters.h"

#include "test/net/connection_fixture.h"

namespace sluice {
namespace {

// Answers as told, and writes down what it is shown.
struct ScriptedFilter final : NetworkFilter {
  explicit ScriptedFilter(std::string& log) : log(log) {}
  NetworkVerdict OnNewConnection() override { return on_new; }
  NetworkVerdict OnBytes(Buffer& in, End end) override {
    absl::StrAppend(&log, "<", in.ToString(), end == End::kYes ? "|" : "", ">");
    if (answer) return answer(in);
    return NetworkVerdict::kContinue;
  }
  std::string& log;
  NetworkVerdict on_new = NetworkVerdict::kContinue;
  std::function<NetworkVerdict(Buffer&)> answer;
};

class FiltersTest : public ConnectionTest {
 protected:
  ScriptedFilter& Add(std::string& log) {
    if (filters_ == nullptr) filters_ = std::make_unique<ConnectionFilters>(world_.worker().slabs);
    auto filter = std::make_unique<ScriptedFilter>(log);
    ScriptedFilter& added = *filter;
    filters_->Add(std::move(filter));
    return added;
  }
  void Feed(absl::string_view bytes) {
    peer_->Send(bytes);
    world_.RunUntilIdle();
  }
  std::string one_, two_;
};

TEST_F(FiltersTest, SeeBytesInOrderAndChangeThem) {
  Add(one_).answer = [](Buffer& in) {
    in.Append("!");
    return NetworkVerdict::kContinue;
  };
  Add(two_);
  Accept();
  Feed("a");
  Feed("b");
  EXPECT_EQ(one_, "<a><b>");
  EXPECT_EQ(two_, "<a!><b!>");
  EXPECT_EQ(handler_.Take(), "connected a! b!");
}

TEST_F(FiltersTest, APausedFilterIsShownWhatItKeptWithTheNextBytes) {
  Add(one_);
  Add(two_).answer = [](Buffer& in) {
    return in.size() < 3 ? NetworkVerdict::kPause : NetworkVerdict::kContinue;
  };
  Accept();
  Feed("a");
  Feed("b");
  EXPECT_EQ(handler_.Take(), "connected");
  Feed("c");
  EXPECT_EQ(one_, "<a><b><c>");
  EXPECT_EQ(two_, "<a><ab><abc>");
  EXPECT_EQ(handler_.Take(), "abc");
  Feed("d");
  EXPECT_EQ(two_, "<a><ab><abc><d>");
}

TEST_F(FiltersTest, WhatTheHandlerLeavesIsNotShownToFiltersAgain) {
  Add(one_);
  Accept();
  handler_.take_max = 1;
  Feed("abc");
  Feed("d");
  EXPECT_EQ(one_, "<abc><d>");
  EXPECT_EQ(handler_.Take(), "connected a b");
}

TEST_F(FiltersTest, DetachedItIsNotAskedAgain) {
  Add(one_).answer = [](Buffer&) { return NetworkVerdict::kDetach; };
  Add(two_);
  Accept();
  Feed("a");
  Feed("b");
  EXPECT_EQ(one_, "<a>");
  EXPECT_EQ(two_, "<a><b>");
  EXPECT_EQ(handler_.Take(), "connected a b");
}

TEST_F(FiltersTest, CloseEndsTheConnection) {
  Add(one_).answer = [](Buffer&) { return NetworkVerdict::kClose; };
  Add(two_);
  Accept();
  Feed("a");
  EXPECT_EQ(two_, "");
  EXPECT_EQ(handler_.Take(), "connected closed:local");
}

TEST_F(FiltersTest, ANewConnectionMayBeClosedOrLetGo) {
  Add(one_).on_new = NetworkVerdict::kClose;
  Accept();
  EXPECT_EQ(handler_.Take(), "connected closed:local");
  filters_.reset();
  Add(two_).on_new = NetworkVerdict::kDetach;
  Accept();
  Feed("a");
  EXPECT_EQ(two_, "");
  EXPECT_EQ(handler_.Take(), "connected a");
}

TEST_F(FiltersTest, TheEndPassesThrough) {
  Add(one_);
  Add(two_);
  Accept();
  peer_->Send("a");
  peer_->SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(one_, "<a><|>");
  EXPECT_EQ(two_, "<a><|>");
  EXPECT_EQ(handler_.Take(), "connected a END closed:peer");
}

TEST_F(FiltersTest, APausedFilterKeepsNoMoreThanItsLimit) {
  Add(one_).answer = [this](Buffer&) {
    one_.clear();
    return NetworkVerdict::kPause;
  };
  Accept();
  const std::string half(ConnectionFilters::kHeldBytesMax / 2, 'x');
  Feed(half);
  Feed(half);
  EXPECT_EQ(handler_.Take(), "connected");
  Feed("x");
  EXPECT_EQ(handler_.Take(), "closed:local");
  connection_.reset();
  EXPECT_EQ(blocks(), 0);
}

}  // namespace
}  // namespace sluice
