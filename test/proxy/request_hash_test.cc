#include "source/proxy/request_hash.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "re2/re2.h"

namespace sluice {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

// XXH64 of "abc", as xxhsum says.
constexpr uint64_t kHashOfAbc = 0x44bc2cf5ad770999u;

class RequestHashTest : public testing::Test {
 protected:
  RequestHashTest() {
    auto accepted = std::make_unique<AcceptedFacts>();
    accepted->remote_address = *Address::FromIp("10.0.0.1", 1234);
    accepted->local_address = *Address::FromIp("10.9.9.9", 80);
    downstream_.accepted = std::move(accepted);
    info_.downstream = &downstream_;
  }
  RequestHash Hash(const std::vector<HashPolicy>& policies, const Lines& lines) {
    Headers& headers = *arena_.New<Headers>(arena_);
    for (const auto& [name, value] : lines) headers.Add(name, value);
    return HashRequest(policies, headers, info_, arena_, scratch_);
  }
  static HashPolicy Header(const std::string& name) {
    HashPolicy policy;
    policy.kind = HashPolicy::Kind::kHeader;
    policy.header = HeaderKey(name);
    return policy;
  }
  static HashPolicy Named(HashPolicy::Kind kind, const std::string& name) {
    HashPolicy policy;
    policy.kind = kind;
    policy.name = name;
    return policy;
  }
  Arena arena_;
  std::string scratch_;
  DownstreamFacts downstream_;
  StreamInfo info_;
};

TEST_F(RequestHashTest, AHeaderIsHashedAsEnvoyDoes) {
  EXPECT_EQ(Hash({Header("x-user")}, {{"x-user", "abc"}}).value, kHashOfAbc);
  EXPECT_EQ(Hash({Header("x-user")}, {{"x-other", "abc"}}).value, std::nullopt);
  EXPECT_EQ(Hash({}, {{"x-user", "abc"}}).value, std::nullopt);
}

TEST_F(RequestHashTest, OfSeveralValuesTheOrderDoesNotCount) {
  const auto one = Hash({Header("x-user")}, {{"x-user", "a"}, {"x-user", "b"}}).value;
  EXPECT_EQ(one, Hash({Header("x-user")}, {{"x-user", "b"}, {"x-user", "a"}}).value);
  EXPECT_NE(one, Hash({Header("x-user")}, {{"x-user", "a"}}).value);
}

TEST_F(RequestHashTest, AHeaderMayBeRewrittenFirst) {
  HashPolicy policy = Header("x-user");
  policy.rewrite = {std::make_shared<const re2::RE2>("^user-(.*)$"), "\\1"};
  EXPECT_EQ(Hash({policy}, {{"x-user", "user-abc"}}).value, kHashOfAbc);
}

TEST_F(RequestHashTest, QueryParameters) {
  const auto policy = Named(HashPolicy::Kind::kQueryParameter, "id");
  EXPECT_EQ(Hash({policy}, {{":path", "/p?x=1&id=abc&id=2#id=3"}}).value, kHashOfAbc);
  EXPECT_EQ(Hash({policy}, {{":path", "/p?x=1"}}).value, std::nullopt);
  EXPECT_EQ(Hash({policy}, {{":path", "/id=abc"}}).value, std::nullopt);
}

TEST_F(RequestHashTest, TheClientsAddressWithoutItsPort) {
  const auto direct = Hash({HashPolicy()}, {}).value;
  ASSERT_TRUE(direct.has_value());
  info_.remote_address = *Address::FromIp("10.0.0.1", 99);
  EXPECT_EQ(Hash({HashPolicy()}, {}).value, direct);
  info_.remote_address = *Address::FromIp("10.0.0.2", 99);
  EXPECT_NE(Hash({HashPolicy()}, {}).value, direct);
}

TEST_F(RequestHashTest, ACookie) {
  const auto policy = Named(HashPolicy::Kind::kCookie, "s");
  EXPECT_EQ(Hash({policy}, {{"cookie", "a=1; s=abc; b=2"}}).value, kHashOfAbc);
  EXPECT_EQ(Hash({policy}, {{"cookie", "a=1"}, {"cookie", "s=\"abc\""}}).value, kHashOfAbc);
  EXPECT_EQ(Hash({policy}, {{"cookie", "xs=abc; sx=abc; s"}}).value, std::nullopt);
  EXPECT_EQ(Hash({policy}, {}).cookies, nullptr);
}

TEST_F(RequestHashTest, AClientWithoutTheCookieGetsOneThatHashesTheSame) {
  HashPolicy policy = Named(HashPolicy::Kind::kCookie, "s");
  policy.generates = true;
  policy.attributes = "; Max-Age=9; HttpOnly";
  const RequestHash first = Hash({policy}, {});
  ASSERT_NE(first.cookies, nullptr);
  const std::string cookie(first.cookies->value);
  EXPECT_EQ(cookie.substr(0, 3), "s=\"");
  EXPECT_EQ(cookie.substr(19), "\"; Max-Age=9; HttpOnly");
  EXPECT_EQ(Hash({policy}, {}).cookies->value, cookie);
  const RequestHash next = Hash({policy}, {{"cookie", "s=" + cookie.substr(3, 16)}});
  EXPECT_EQ(next.value, first.value);
  EXPECT_EQ(next.cookies, nullptr);
}

TEST_F(RequestHashTest, SeveralPoliciesCountTogetherUntilATerminalOneThatHasFoundSomething) {
  const Lines lines = {{"a", "abc"}, {"b", "abc"}};
  const auto both = Hash({Header("a"), Header("b")}, lines).value;
  EXPECT_EQ(both, ((kHashOfAbc << 1) | (kHashOfAbc >> 63)) ^ kHashOfAbc);
  HashPolicy last = Header("a");
  last.terminal = true;
  EXPECT_EQ(Hash({last, Header("b")}, lines).value, kHashOfAbc);
  EXPECT_EQ(Hash({last, Header("b")}, {{"b", "abc"}}).value, kHashOfAbc);
}

}  // namespace
}  // namespace sluice
