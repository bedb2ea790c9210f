#include "source/listener/listener_filter_match.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Kind = ListenerFilterMatch::Kind;

ListenerFilterMatch Ports(int32_t begin, int32_t end) {
  return {.kind = Kind::kDestinationPort, .port_begin = begin, .port_end = end};
}

TEST(ListenerFilterMatch, ARangeOfPortsEndsBeforeItsEnd) {
  const ListenerFilterMatch match = Ports(80, 82);
  EXPECT_FALSE(match.Holds(79));
  EXPECT_TRUE(match.Holds(80));
  EXPECT_TRUE(match.Holds(81));
  EXPECT_FALSE(match.Holds(82));
  EXPECT_FALSE(Ports(-5, 0).Holds(0));
}

TEST(ListenerFilterMatch, IsPutTogether) {
  EXPECT_TRUE(ListenerFilterMatch().Holds(1));
  const ListenerFilterMatch all = {.kind = Kind::kAll, .parts = {Ports(1, 10), Ports(5, 20)}};
  EXPECT_FALSE(all.Holds(4));
  EXPECT_TRUE(all.Holds(5));
  EXPECT_FALSE(all.Holds(10));
  const ListenerFilterMatch one = {.kind = Kind::kOne, .parts = {Ports(1, 2), Ports(5, 6)}};
  EXPECT_TRUE(one.Holds(1));
  EXPECT_TRUE(one.Holds(5));
  EXPECT_FALSE(one.Holds(3));
  const ListenerFilterMatch none = {.kind = Kind::kNot, .parts = {one}};
  EXPECT_FALSE(none.Holds(1));
  EXPECT_TRUE(none.Holds(3));
}

}  // namespace
}  // namespace sluice
