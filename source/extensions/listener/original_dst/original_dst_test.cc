// The promises of the README, one test each.

#include <memory>

#include "gtest/gtest.h"
#include "source/extensions/listener/original_dst/original_dst_config.h"
#include "source/extensions/listener/original_dst/original_dst_filter.h"
#include "test/harness/listener_filter_tester.h"

namespace sluice {
namespace {

class OriginalDstTest : public testing::Test {
 protected:
  ListenerFilterTester tester_{
      [](StatsRegistry&) { return std::make_unique<OriginalDstFilterFactory>(); }};
};

TEST_F(OriginalDstTest, TheOriginalDestinationIsTheLocalAddress) {
  tester_.world().memory().Redirect(*Address::FromIp("198.51.100.7", 443), tester_.address());
  EXPECT_EQ(tester_.HoweverCut("hi"), "passed local=198.51.100.7:443 | hi");
}

TEST_F(OriginalDstTest, NoByteIsWaitedFor) { EXPECT_EQ(tester_.Whole(""), "passed |"); }

TEST_F(OriginalDstTest, WhatWasNotRedirectedKeepsItsAddress) {
  EXPECT_EQ(tester_.HoweverCut("hi"), "passed | hi");
}

TEST(OriginalDst, IsRegistered) {
  Registry registry;
  AddOriginalDst(registry);
  EXPECT_NE(
      registry.FindListenerFilter("envoy.extensions.filters.listener.original_dst.v3.OriginalDst"),
      nullptr);
}

}  // namespace
}  // namespace sluice
