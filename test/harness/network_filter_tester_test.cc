#include "test/harness/network_filter_tester.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

// Lets whole lines pass; closes at a "!".
class Lines final : public NetworkFilter {
 public:
  NetworkVerdict OnBytes(Buffer& in, End end) override {
    const std::string text = in.ToString();
    if (text.find('!') != std::string::npos) return NetworkVerdict::kClose;
    const bool whole = end == End::kYes || text.back() == '\n';
    return whole ? NetworkVerdict::kContinue : NetworkVerdict::kPause;
  }
};

class Unwelcoming final : public NetworkFilter {
 public:
  NetworkVerdict OnNewConnection() override { return NetworkVerdict::kClose; }
};

TEST(NetworkFilterTester, GivesWhatHasPassedOnce) {
  NetworkFilterTester tester(std::make_unique<Lines>());
  tester.Bytes("one");
  EXPECT_EQ(tester.Take(), "");
  EXPECT_EQ(tester.blocks_in_use(), 1u);
  tester.Bytes(" line\n");
  EXPECT_EQ(tester.Take(), "one line\n");
  EXPECT_EQ(tester.Take(), "");
  EXPECT_EQ(tester.blocks_in_use(), 0u);
}

TEST(NetworkFilterTester, TheEndComesBehindTheBytes) {
  NetworkFilterTester tester(std::make_unique<Lines>());
  tester.ByteByByte("rest", End::kYes);
  EXPECT_EQ(tester.Take(), "rest");
  EXPECT_TRUE(tester.ended());
  EXPECT_FALSE(tester.closed());
}

TEST(NetworkFilterTester, NothingReachesAFilterThatHasClosed) {
  NetworkFilterTester tester(std::make_unique<Lines>());
  tester.Bytes("a!");
  EXPECT_TRUE(tester.closed());
  tester.Bytes("\n", End::kYes);
  EXPECT_EQ(tester.Take(), "");
  EXPECT_FALSE(tester.ended());
  EXPECT_TRUE(NetworkFilterTester(std::make_unique<Unwelcoming>()).closed());
}

}  // namespace
}  // namespace sluice
