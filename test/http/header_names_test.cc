#include "source/http/header_names.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(HeaderNames, EachIsFoundAndItsNeighboursAreNot) {
  for (int i = 1; i < static_cast<int>(HeaderId::kCount); ++i) {
    const auto id = static_cast<HeaderId>(i);
    const std::string name(HeaderNameText(id));
    ASSERT_FALSE(name.empty()) << i;
    EXPECT_EQ(FindHeaderId(name), id) << name;
    for (size_t at = 0; at < name.size(); ++at) {
      std::string other = name;
      other[at] ^= 1;
      EXPECT_NE(FindHeaderId(other), id) << other;
    }
    EXPECT_NE(FindHeaderId(name + "x"), id);
    EXPECT_NE(FindHeaderId(name.substr(1)), id);
  }
}

TEST(HeaderNames, UnknownAndShort) {
  EXPECT_EQ(FindHeaderId(""), HeaderId::kUnknown);
  EXPECT_EQ(FindHeaderId("x"), HeaderId::kUnknown);
  EXPECT_EQ(FindHeaderId("x-some-header"), HeaderId::kUnknown);
  EXPECT_EQ(FindHeaderId("Host"), HeaderId::kUnknown) << "names are in lower case";
  EXPECT_EQ(HeaderNameText(HeaderId::kUnknown), "");
}

TEST(HeaderNames, HopByHop) {
  EXPECT_TRUE(IsHopByHop(HeaderId::kConnection));
  EXPECT_TRUE(IsHopByHop(HeaderId::kTransferEncoding));
  EXPECT_FALSE(IsHopByHop(HeaderId::kContentLength));
  EXPECT_FALSE(IsHopByHop(HeaderId::kUnknown));
}

}  // namespace
}  // namespace sluice
