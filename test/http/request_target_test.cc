#include "source/http/request_target.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(RequestTarget, Forms) {
  RequestTarget target;
  ASSERT_TRUE(ParseRequestTarget("/a?b", Method::kGet, AbsoluteForm::kRefused, &target));
  EXPECT_EQ(target.form, TargetForm::kOrigin);
  EXPECT_EQ(target.path, "/a?b");

  ASSERT_TRUE(ParseRequestTarget("http://h:1/a?b", Method::kGet, AbsoluteForm::kAllowed, &target));
  EXPECT_EQ(target.form, TargetForm::kAbsolute);
  EXPECT_EQ(target.scheme, "http");
  EXPECT_EQ(target.authority, "h:1");
  EXPECT_EQ(target.path, "/a?b");
  EXPECT_FALSE(target.needs_slash);

  ASSERT_TRUE(ParseRequestTarget("http://h?b", Method::kGet, AbsoluteForm::kAllowed, &target));
  EXPECT_EQ(target.authority, "h");
  EXPECT_EQ(target.path, "?b");
  EXPECT_TRUE(target.needs_slash);

  ASSERT_TRUE(ParseRequestTarget("h:443", Method::kConnect, AbsoluteForm::kRefused, &target));
  EXPECT_EQ(target.form, TargetForm::kAuthority);
  EXPECT_EQ(target.authority, "h:443");
  EXPECT_EQ(target.path, "");

  ASSERT_TRUE(ParseRequestTarget("*", Method::kOptions, AbsoluteForm::kRefused, &target));
  EXPECT_EQ(target.form, TargetForm::kAsterisk);
}

TEST(RequestTarget, Refused) {
  RequestTarget target;
  for (const char* bad :
       {"", "a", "*", "?a", "http:/", "http://", "http:///a", "https://u:p@h/", "ws://h/"}) {
    EXPECT_FALSE(ParseRequestTarget(bad, Method::kGet, AbsoluteForm::kAllowed, &target)) << bad;
  }
  EXPECT_FALSE(ParseRequestTarget("http://h/", Method::kGet, AbsoluteForm::kRefused, &target));
  EXPECT_FALSE(
      ParseRequestTarget("http://h:1/", Method::kConnect, AbsoluteForm::kAllowed, &target));
}

TEST(RequestTarget, Bytes) {
  EXPECT_TRUE(IsTargetByte('!'));
  EXPECT_TRUE(IsTargetByte('~'));
  for (const char bad : {' ', '#', '\x7f', '\x80', '\n', '\0'}) EXPECT_FALSE(IsTargetByte(bad));
}

}  // namespace
}  // namespace sluice
