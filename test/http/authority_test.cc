#include "source/http/authority.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(Authority, Valid) {
  for (const char* good : {"a", "a.example", "a:80", "a:", "127.0.0.1:65535", "[::1]", "[::1]:80",
                           "[::ffff:1.2.3.4]", "a_b", "a%20b", "!$&'()*+,;=~"}) {
    EXPECT_TRUE(IsValidAuthority(good)) << good;
  }
}

TEST(Authority, Invalid) {
  for (const char* bad : {"",
                          ":80",
                          "a:b",
                          "a:1:2",
                          "a:65536",
                          "a:-1",
                          "a: 1",
                          "a b",
                          "u@a",
                          "a/b",
                          "a?b",
                          "a#b",
                          "[",
                          "[]",
                          "[:]",
                          "[::1",
                          "::1",
                          "[::1]x",
                          "[::g]",
                          "a\\b",
                          "a\x80",
                          "a[",
                          "a:000000000000000000065536"}) {
    EXPECT_FALSE(IsValidAuthority(bad)) << bad;
  }
}

TEST(Authority, WithPort) {
  EXPECT_TRUE(IsValidAuthorityWithPort("a:443"));
  EXPECT_TRUE(IsValidAuthorityWithPort("[::1]:443"));
  EXPECT_FALSE(IsValidAuthorityWithPort("a"));
  EXPECT_FALSE(IsValidAuthorityWithPort("a:"));
  EXPECT_FALSE(IsValidAuthorityWithPort("[::1]"));
}

}  // namespace
}  // namespace sluice
