#include "source/http/header_names.h"

#include <string>

#include "absl/strings/ascii.h"
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

TEST(HeaderNames, InAnyCaseEachIsFoundAndItsNeighboursAreNot) {
  for (int i = 1; i < static_cast<int>(HeaderId::kCount); ++i) {
    const auto id = static_cast<HeaderId>(i);
    const std::string name(HeaderNameText(id));
    if (name.size() >= kShortNameMax) continue;
    std::string text = name + std::string(kShortNameMax, ':');
    EXPECT_EQ(FindHeaderIdInAnyCase(text.data(), name.size()), id) << name;
    EXPECT_NE(FindHeaderIdInAnyCase(text.data(), name.size() - 1), id) << name;
    EXPECT_NE(FindHeaderIdInAnyCase(text.data() + 1, name.size() - 1), id) << name;
    if (name.size() + 1 < kShortNameMax) {
      EXPECT_NE(FindHeaderIdInAnyCase(text.data(), name.size() + 1), id) << name;
    }
    for (size_t at = 0; at < name.size(); ++at) {
      // Control bytes are the caller's to exclude.
      for (int byte = 0x20; byte <= 0xff; ++byte) {
        text[at] = static_cast<char>(byte);
        const bool same = byte < 0x80 && absl::ascii_tolower(static_cast<unsigned char>(byte)) ==
                                             static_cast<unsigned char>(name[at]);
        EXPECT_EQ(FindHeaderIdInAnyCase(text.data(), name.size()) == id, same) << text;
      }
      text[at] = absl::ascii_toupper(static_cast<unsigned char>(name[at]));
    }
    EXPECT_EQ(FindHeaderIdInAnyCase(text.data(), name.size()), id) << text;
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
