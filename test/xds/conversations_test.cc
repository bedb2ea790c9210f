// What is said on a discovery stream, in both dialects: one table of conversations.
#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "test/xds/conversation.h"

namespace sluice {
namespace {

struct Case {
  const char* name;
  const char* script;
};

constexpr Case kCases[] = {
    {"AsksForAllAndAcknowledges", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 a=1 b=1
      user> Cluster a=1 b=1
      sotw: > Cluster version v1 nonce n1
      delta: > Cluster nonce n1
    )"},
    {"WhatTheWholeLeavesOutIsGone", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 a=1 b=1
      user> Cluster a=1 b=1
      sotw: > Cluster version v1 nonce n1
      delta: > Cluster nonce n1
      sotw: < Cluster v2 b=1
      sotw: user> Cluster b=1 -a
      sotw: > Cluster version v2 nonce n2
      delta: < Cluster v2 -a
      delta: user> Cluster -a
      delta: > Cluster nonce n2
    )"},
    {"OfAssignmentsWhatIsLeftOutStays", R"(
      want ClusterLoadAssignment a
      want ClusterLoadAssignment b
      sotw: > ClusterLoadAssignment [a b] node me
      delta: > ClusterLoadAssignment +[a b] node me
      < ClusterLoadAssignment v1 a=1 b=1
      user> ClusterLoadAssignment a=1 b=1
      sotw: > ClusterLoadAssignment [a b] version v1 nonce n1
      delta: > ClusterLoadAssignment nonce n1
      < ClusterLoadAssignment v2 b=2
      user> ClusterLoadAssignment b=2
      sotw: > ClusterLoadAssignment [a b] version v2 nonce n2
      delta: > ClusterLoadAssignment nonce n2
    )"},
    {"NamesAreAddedAndDropped", R"(
      want ClusterLoadAssignment a
      sotw: > ClusterLoadAssignment [a] node me
      delta: > ClusterLoadAssignment +[a] node me
      want ClusterLoadAssignment b
      sotw: > ClusterLoadAssignment [a b]
      delta: > ClusterLoadAssignment +[b]
      < ClusterLoadAssignment v1 a=1 b=1
      user> ClusterLoadAssignment a=1 b=1
      sotw: > ClusterLoadAssignment [a b] version v1 nonce n1
      delta: > ClusterLoadAssignment nonce n1
      unwant ClusterLoadAssignment a
      sotw: > ClusterLoadAssignment [b] version v1 nonce n1
      delta: > ClusterLoadAssignment -[a]
      < ClusterLoadAssignment v2 b=2
      user> ClusterLoadAssignment b=2
      sotw: > ClusterLoadAssignment [b] version v2 nonce n2
      delta: > ClusterLoadAssignment nonce n2
    )"},
    {"ARefusalKeepsTheVersionAndSaysWhy", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 a=1
      user> Cluster a=1
      sotw: > Cluster version v1 nonce n1
      delta: > Cluster nonce n1
      < Cluster v2 a=2 bad=2
      user> Cluster a=2 bad=2
      sotw: > Cluster version v1 nonce n2 refuses: Cluster "bad": name: is bad
      delta: > Cluster nonce n2 refuses: Cluster "bad": name: is bad
      < Cluster v3 a=2 c=3
      sotw: user> Cluster a=2 c=3 -bad
      delta: user> Cluster a=2 c=3
      sotw: > Cluster version v3 nonce n3
      delta: > Cluster nonce n3
    )"},
    {"ANameThatComesTwiceRefusesAllAndNobodyWaits", R"(
      want Cluster * for 15s
      > Cluster node me
      < Cluster v1 a=1 b=1 a=2
      user> Cluster timeout *
      sotw: > Cluster nonce n1 refuses: Cluster "a": comes twice in one response
      delta: > Cluster nonce n1 refuses: Cluster "a": comes twice in one response
      wait 20s
    )"},
    {"AFirstThatIsRefusedIsNotWaitedFor", R"(
      want ClusterLoadAssignment bad for 15s
      sotw: > ClusterLoadAssignment [bad] node me
      delta: > ClusterLoadAssignment +[bad] node me
      < ClusterLoadAssignment v1 bad=1
      user> ClusterLoadAssignment bad=1
      user> ClusterLoadAssignment timeout bad
      sotw: > ClusterLoadAssignment [bad] nonce n1 refuses: ClusterLoadAssignment "bad": name: is bad
      delta: > ClusterLoadAssignment nonce n1 refuses: ClusterLoadAssignment "bad": name: is bad
      wait 20s
    )"},
    {"WhatTheServerSaysThatItHasNotIsNotWaitedFor", R"(
      want ClusterLoadAssignment a for 15s
      sotw: > ClusterLoadAssignment [a] node me
      delta: > ClusterLoadAssignment +[a] node me
      delta: < ClusterLoadAssignment v1 -a
      delta: user> ClusterLoadAssignment -a
      delta: user> ClusterLoadAssignment timeout a
      delta: > ClusterLoadAssignment nonce n1
      wait 20s
      sotw: user> ClusterLoadAssignment timeout a
    )"},
    {"AResourceWithNothingInItIsNone", R"(
      want ClusterLoadAssignment a for 15s
      sotw: > ClusterLoadAssignment [a] node me
      delta: > ClusterLoadAssignment +[a] node me
      < ClusterLoadAssignment v1 a=1()
      sotw: user> ClusterLoadAssignment
      delta: user> ClusterLoadAssignment -a
      user> ClusterLoadAssignment timeout a
      sotw: > ClusterLoadAssignment [a] nonce n1 refuses: ClusterLoadAssignment "a": holds nothing
      delta: > ClusterLoadAssignment nonce n1
    )"},
    {"WhatHasAnotherNameInsideIsRefused", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 a=1(b) c=1
      user> Cluster c=1
      > Cluster nonce n1 refuses: Cluster "a": is named "b" inside
      sotw: < Cluster v2 c=1
      sotw: user> Cluster c=1
      sotw: > Cluster version v2 nonce n2
    )"},
    {"WhatWasOnlyEverRefusedIsGoneToo", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 a=1 bad=1
      user> Cluster a=1 bad=1
      > Cluster nonce n1 refuses: Cluster "bad": name: is bad
      sotw: < Cluster v2 a=1
      sotw: user> Cluster a=1 -bad
      sotw: > Cluster version v2 nonce n2
      sotw: < Cluster v3 a=1
      sotw: user> Cluster a=1
      sotw: > Cluster version v3 nonce n3
      delta: < Cluster v2 -bad
      delta: user> Cluster -bad
      delta: > Cluster nonce n2
    )"},
    {"ARefusalThatSaysTheSameAgainWaits", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 bad=1
      user> Cluster bad=1
      > Cluster nonce n1 refuses: Cluster "bad": name: is bad
      < Cluster v1 bad=1
      user> Cluster bad=1
      wait 1s
      > Cluster nonce n2 refuses: Cluster "bad": name: is bad
      < Cluster v1 bad=1
      user> Cluster bad=1
      wait 2s
      > Cluster nonce n3 refuses: Cluster "bad": name: is bad
      < Cluster v2 a=1
      sotw: user> Cluster a=1 -bad
      delta: user> Cluster a=1
      sotw: > Cluster version v2 nonce n4
      delta: > Cluster nonce n4
      < Cluster v3 bad=1
      sotw: user> Cluster bad=1 -a
      delta: user> Cluster bad=1
      sotw: > Cluster version v2 nonce n5 refuses: Cluster "bad": name: is bad
      delta: > Cluster nonce n5 refuses: Cluster "bad": name: is bad
    )"},
    {"AWordOfWhatLivesOnLeavesNothingOut", R"(
      want Cluster *
      > Cluster node me
      < Cluster v1 a=1~10 b=1
      user> Cluster a=1 b=1
      sotw: > Cluster version v1 nonce n1
      delta: > Cluster nonce n1
      wait 8s
      < Cluster v1 a=1()~10
      user> Cluster
      sotw: > Cluster version v1 nonce n2
      delta: > Cluster nonce n2
      wait 8s
      wait 3s
      user> Cluster -a
      end
      wait 1s
      sotw: > Cluster node me
      delta: > Cluster knows [b=1] node me
    )"},
    {"WhatNobodyWantsIsPassedOver", R"(
      want ClusterLoadAssignment a
      sotw: > ClusterLoadAssignment [a] node me
      delta: > ClusterLoadAssignment +[a] node me
      < ClusterLoadAssignment v1 a=1 other=1
      user> ClusterLoadAssignment a=1
      sotw: > ClusterLoadAssignment [a] version v1 nonce n1
      delta: > ClusterLoadAssignment nonce n1
    )"},
    {"ANewStreamIsToldWhatIsKnown", R"(
      want Cluster *
      want ClusterLoadAssignment a
      sotw: > Cluster node me
      sotw: > ClusterLoadAssignment [a]
      delta: > Cluster node me
      delta: > ClusterLoadAssignment +[a]
      < Cluster v1 a=1 b=1
      user> Cluster a=1 b=1
      sotw: > Cluster version v1 nonce n1
      delta: > Cluster nonce n1
      < ClusterLoadAssignment v7 a=7
      user> ClusterLoadAssignment a=7
      sotw: > ClusterLoadAssignment [a] version v7 nonce n2
      delta: > ClusterLoadAssignment nonce n2
      end
      wait 1s
      sotw: > Cluster version v1 node me
      sotw: > ClusterLoadAssignment [a] version v7
      delta: > Cluster knows [a=1 b=1] node me
      delta: > ClusterLoadAssignment +[a] knows [a=7]
    )"},
    {"ANameThatWasDroppedIsNotKnownAnyMore", R"(
      want ClusterLoadAssignment a
      want ClusterLoadAssignment b
      sotw: > ClusterLoadAssignment [a b] node me
      delta: > ClusterLoadAssignment +[a b] node me
      < ClusterLoadAssignment v1 a=1 b=1
      user> ClusterLoadAssignment a=1 b=1
      sotw: > ClusterLoadAssignment [a b] version v1 nonce n1
      delta: > ClusterLoadAssignment nonce n1
      unwant ClusterLoadAssignment a
      sotw: > ClusterLoadAssignment [b] version v1 nonce n1
      delta: > ClusterLoadAssignment -[a]
      end
      wait 1s
      sotw: > ClusterLoadAssignment [b] version v1 node me
      delta: > ClusterLoadAssignment +[b] knows [b=1] node me
    )"},
    {"ANameThatIsDroppedAndWantedAgainAtOnceIsAskedForAnew", R"(
      want ClusterLoadAssignment a
      want ClusterLoadAssignment b
      sotw: > ClusterLoadAssignment [a b] node me
      delta: > ClusterLoadAssignment +[a b] node me
      < ClusterLoadAssignment v1 a=1 b=1
      user> ClusterLoadAssignment a=1 b=1
      sotw: > ClusterLoadAssignment [a b] version v1 nonce n1
      delta: > ClusterLoadAssignment nonce n1
      rewant ClusterLoadAssignment a
      sotw: > ClusterLoadAssignment [b] version v1 nonce n1
      sotw: > ClusterLoadAssignment [a b] version v1 nonce n1
      delta: > ClusterLoadAssignment -[a]
      delta: > ClusterLoadAssignment +[a]
    )"},
    {"WhatIsWantedWhileAwayIsAskedOnReturn", R"(
      down
      want Cluster *
      want ClusterLoadAssignment a
      up
      wait 1s
      sotw: > Cluster node me
      sotw: > ClusterLoadAssignment [a]
      delta: > Cluster node me
      delta: > ClusterLoadAssignment +[a]
    )"},
    {"WaitsNoLongerThanItsTimeForTheFirst", R"(
      want Cluster * for 15s
      want ClusterLoadAssignment a for 5s
      sotw: > Cluster node me
      sotw: > ClusterLoadAssignment [a]
      delta: > Cluster node me
      delta: > ClusterLoadAssignment +[a]
      wait 6s
      user> ClusterLoadAssignment timeout a
      < Cluster v1
      user> Cluster
      sotw: > Cluster version v1 nonce n1
      delta: > Cluster nonce n1
      wait 20s
      < ClusterLoadAssignment v1 a=1
      user> ClusterLoadAssignment a=1
      sotw: > ClusterLoadAssignment [a] version v1 nonce n2
      delta: > ClusterLoadAssignment nonce n2
    )"},
};

class ConversationsTest : public testing::TestWithParam<std::tuple<Case, Wire>> {};

TEST_P(ConversationsTest, GoesAsWritten) {
  PlayConversation(std::get<0>(GetParam()).script, std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(, ConversationsTest,
                         testing::Combine(testing::ValuesIn(kCases),
                                          testing::Values(Wire::kStateOfTheWorld, Wire::kDelta)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) == Wire::kDelta ? "InDelta"
                                                                           : "InStateOfTheWorld");
                         });

}  // namespace
}  // namespace sluice
