// The pure rules; what they come to on the wire is in test/http/http1.
#include "source/http/message_rules.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string AfterRemoval(std::vector<std::pair<const char*, const char*>> fields) {
  Arena arena;
  Headers headers(arena);
  for (const auto& [name, value] : fields) headers.Add(name, value);
  RemoveHopByHop(headers);
  std::string text;
  for (const Header& header : headers) absl::StrAppend(&text, header.name, "=", header.value, ";");
  return text;
}

TEST(MessageRules, HopByHopFieldsGo) {
  EXPECT_EQ(AfterRemoval({{"a", "1"},
                          {"connection", "close"},
                          {"keep-alive", "5"},
                          {"te", "gzip"},
                          {"proxy-connection", "x"},
                          {"transfer-encoding", "chunked"},
                          {"upgrade", "h2c"},
                          {"http2-settings", "x"},
                          {"trailer", "t"},
                          {"b", "2"}}),
            "a=1;trailer=t;b=2;");
}

TEST(MessageRules, ListedFieldsGo) {
  EXPECT_EQ(AfterRemoval({{"connection", "X-One, ,keep-alive"},
                          {"x-one", "1"},
                          {"x-two", "2"},
                          {"connection", "x-two"},
                          {"x-one", "3"},
                          {"x-three", "3"}}),
            "x-three=3;");
}

TEST(MessageRules, CriticalFieldsStayThoughListed) {
  EXPECT_EQ(AfterRemoval({{":path", "/"},
                          {"host", "h"},
                          {"content-length", "5"},
                          {"authorization", "me"},
                          {"cookie", "c"},
                          {"x-forwarded-for", "1"},
                          {"x-envoy-internal", "true"},
                          {"content-encoding", "gzip"},
                          {"connection",
                           ":path, Host, Content-Length, Authorization, cookie, "
                           "X-Forwarded-For, x-envoy-internal, content-encoding"}}),
            ":path=/;host=h;content-length=5;authorization=me;cookie=c;x-forwarded-for=1;"
            "x-envoy-internal=true;content-encoding=gzip;");
}

TEST(MessageRules, TeTrailersStays) {
  EXPECT_EQ(AfterRemoval({{"te", "gzip, Trailers"}, {"a", "1"}}), "a=1;te=trailers;");
  EXPECT_EQ(AfterRemoval({{"te", "trailers"}, {"connection", "te"}}), "te=trailers;");
}

TEST(MessageRules, ContentLengthDigits) {
  uint64_t length = 0;
  EXPECT_TRUE(ParseContentLength("0", &length));
  EXPECT_TRUE(ParseContentLength("0000000000000000000000000012", &length));
  EXPECT_EQ(length, 12u);
  EXPECT_TRUE(ParseContentLength("9223372036854775807", &length));
  EXPECT_EQ(length, uint64_t{INT64_MAX});
  for (const char* bad : {"", "9223372036854775808", "1 ", " 1", "+1", "-1", "1,1", "0x1", "1e1"}) {
    EXPECT_FALSE(ParseContentLength(bad, &length)) << bad;
  }
}

TEST(MessageRules, ConnectionOptions) {
  FramingFields fields;
  fields.AddConnection("closed, keep-alives");
  EXPECT_FALSE(fields.says_close());
  EXPECT_FALSE(fields.says_keep_alive());
  fields.AddConnection("x ,\tKeep-Alive\t, CLOSE");
  EXPECT_TRUE(fields.says_close());
  EXPECT_TRUE(fields.says_keep_alive());
}

TEST(MessageRules, CloseWinsOverKeepAlive) {
  FramingFields fields;
  fields.AddConnection("keep-alive, close");
  Framing framing;
  EXPECT_EQ(DecideRequestFraming(fields, Method::kGet, HttpProtocol::kHttp10, {}, &framing),
            CodecError::kNone);
  EXPECT_FALSE(framing.keep_alive);
}

TEST(MessageRules, ListsToken) {
  Arena arena;
  Headers headers(arena);
  headers.Add("connection", "a");
  headers.Add("connection", "B, Upgrade");
  EXPECT_TRUE(ListsToken(headers, HeaderId::kConnection, "upgrade"));
  EXPECT_TRUE(ListsToken(headers, HeaderId::kConnection, "b"));
  EXPECT_FALSE(ListsToken(headers, HeaderId::kConnection, "up"));
  EXPECT_FALSE(ListsToken(headers, HeaderId::kTe, "b"));
}

TEST(MessageRules, Trailers) {
  const auto rule = [](absl::string_view name) { return RuleOfTrailer(FindHeaderId(name), name); };
  EXPECT_EQ(rule("content-length"), TrailerRule::kRefuse);
  EXPECT_EQ(rule("host"), TrailerRule::kRefuse);
  EXPECT_EQ(rule("authorization"), TrailerRule::kDrop);
  EXPECT_EQ(rule("x-forwarded-for"), TrailerRule::kDrop);
  EXPECT_EQ(rule("content-encoding"), TrailerRule::kDrop);
  EXPECT_EQ(rule("grpc-status"), TrailerRule::kKeep);
  EXPECT_EQ(rule("x-checksum"), TrailerRule::kKeep);
}

}  // namespace
}  // namespace sluice
