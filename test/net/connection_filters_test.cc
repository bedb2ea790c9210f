#include "source/net/connection_filters.h"

#include "test/harness/network_filter_tester.h"
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

// ---- The filters alone.

class Filters : public ::testing::Test {
 protected:
  ScriptedFilter& Add(std::string& log) {
    auto filter = std::make_unique<ScriptedFilter>(log);
    ScriptedFilter& added = *filter;
    filters_.push_back(std::move(filter));
    return added;
  }
  NetworkFilterTester& Start() {
    tester_ = std::make_unique<NetworkFilterTester>(std::move(filters_));
    filters_.clear();
    return *tester_;
  }
  std::string one_, two_;

 private:
  NetworkFilterTester::Filters filters_;
  std::unique_ptr<NetworkFilterTester> tester_;
};

TEST_F(Filters, SeeBytesInOrderAndChangeThem) {
  Add(one_).answer = [](Buffer& in) {
    in.Append("!");
    return NetworkVerdict::kContinue;
  };
  Add(two_);
  NetworkFilterTester& tester = Start();
  tester.ByteByByte("ab");
  EXPECT_EQ(one_, "<a><b>");
  EXPECT_EQ(two_, "<a!><b!>");
  EXPECT_EQ(tester.Take(), "a!b!");
}

TEST_F(Filters, APausedOneIsShownWhatItKeptWithTheNextBytes) {
  Add(one_);
  Add(two_).answer = [](Buffer& in) {
    return in.size() < 3 ? NetworkVerdict::kPause : NetworkVerdict::kContinue;
  };
  NetworkFilterTester& tester = Start();
  tester.ByteByByte("ab");
  EXPECT_EQ(tester.Take(), "");
  tester.Bytes("c");
  EXPECT_EQ(one_, "<a><b><c>");
  EXPECT_EQ(two_, "<a><ab><abc>");
  EXPECT_EQ(tester.Take(), "abc");
  tester.Bytes("d");
  EXPECT_EQ(two_, "<a><ab><abc><d>");
}

TEST_F(Filters, DetachedItIsNotAskedAgain) {
  Add(one_).answer = [](Buffer&) { return NetworkVerdict::kDetach; };
  Add(two_);
  NetworkFilterTester& tester = Start();
  tester.ByteByByte("ab");
  EXPECT_EQ(one_, "<a>");
  EXPECT_EQ(two_, "<a><b>");
  EXPECT_EQ(tester.Take(), "ab");
}

TEST_F(Filters, ANewConnectionMayBeClosedOrLetGo) {
  Add(one_).on_new = NetworkVerdict::kClose;
  EXPECT_TRUE(Start().closed());
  Add(two_).on_new = NetworkVerdict::kDetach;
  NetworkFilterTester& tester = Start();
  tester.Bytes("a");
  EXPECT_EQ(two_, "");
  EXPECT_EQ(tester.Take(), "a");
}

TEST_F(Filters, APausedOneKeepsNoMoreThanItsLimit) {
  Add(one_).answer = [this](Buffer&) {
    one_.clear();
    return NetworkVerdict::kPause;
  };
  NetworkFilterTester& tester = Start();
  tester.Bytes(std::string(ConnectionFilters::kHeldBytesMax, 'x'));
  EXPECT_FALSE(tester.closed());
  tester.Bytes("x");
  EXPECT_TRUE(tester.closed());
  EXPECT_EQ(tester.Take(), "");
}

// ---- In a connection.

class FiltersOfAConnection : public ConnectionTest {
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

TEST_F(FiltersOfAConnection, WhatTheHandlerLeavesIsNotShownToThemAgain) {
  Add(one_);
  Accept();
  handler_.take_max = 1;
  Feed("abc");
  Feed("d");
  EXPECT_EQ(one_, "<abc><d>");
  EXPECT_EQ(handler_.Take(), "connected a b");
}

TEST_F(FiltersOfAConnection, CloseIt) {
  Add(one_).answer = [](Buffer&) { return NetworkVerdict::kClose; };
  Add(two_);
  Accept();
  Feed("a");
  EXPECT_EQ(two_, "");
  EXPECT_EQ(handler_.Take(), "connected closed:local");
  connection_.reset();
  EXPECT_EQ(blocks(), 0);
}

TEST_F(FiltersOfAConnection, CloseItBeforeItsFirstByte) {
  Add(one_).on_new = NetworkVerdict::kClose;
  Accept();
  EXPECT_EQ(handler_.Take(), "connected closed:local");
}

TEST_F(FiltersOfAConnection, LetItsEndPass) {
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

}  // namespace
}  // namespace sluice
