// What is a request and what is a response (RFC 9113 section 8), on both roles.
#include "absl/strings/str_replace.h"
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

constexpr CodecError kField = CodecError::kHttp2InvalidHeader;
constexpr CodecError kRule = CodecError::kHttp2Messaging;

class Http2Requests : public Http2CodecFixture {
 protected:
  // A request that is refused, as the one that ends its connection and as the one that ends its
  // stream.
  static void ExpectRefused(const std::string& frames, CodecError error) {
    {
      Http2Rig rig;
      rig.StartServer();
      EXPECT_EQ(rig.Receive(frames), error) << absl::CHexEscape(frames);
      EXPECT_EQ(rig.TakeEvents(), "");
      EXPECT_EQ(rig.Sent(), "GOAWAY 1 PROTOCOL_ERROR\n");
      EXPECT_TRUE(rig.codec_->must_close());
      EXPECT_EQ(rig.Stat("rx_messaging_error"), 1u);
    }
    Http2Rig rig;
    rig.options_.malformed_ends_stream = true;
    rig.StartServer();
    EXPECT_EQ(rig.Receive(frames), CodecError::kNone) << absl::CHexEscape(frames);
    EXPECT_EQ(rig.TakeEvents(), absl::StrCat("bad request: ", CodecErrorDetail(error), "\n"));
    EXPECT_EQ(rig.Sent(), "RST_STREAM 1 PROTOCOL_ERROR\n");
    EXPECT_EQ(rig.Stat("rx_messaging_error"), 1u);
    EXPECT_EQ(rig.codec_->open_streams(), 0u);
    // The connection goes on.
    rig.Receive(H2HeadersFrame(3, H2Get("/"), kH2EndStream));
    rig.stream(0).Answer("200");
    EXPECT_EQ(rig.Sent(), "HEADERS 3 END_STREAM :status=200\n");
  }
  static void ExpectRefused(const H2Fields& fields, CodecError error) {
    ExpectRefused(H2HeadersFrame(1, fields, kH2EndStream), error);
  }
  static std::string Accepted(const H2Fields& fields) {
    Http2Rig rig;
    rig.StartServer();
    EXPECT_EQ(rig.Receive(H2HeadersFrame(1, fields, kH2EndStream)), CodecError::kNone);
    return rig.TakeEvents();
  }
};

TEST_F(Http2Requests, WithPseudoHeadersThatAreMissingTwiceUnknownOrLate) {
  const H2Fields get = H2Get("/");
  for (size_t i = 0; i < get.size(); ++i) {
    H2Fields without = get;
    without.erase(without.begin() + static_cast<ptrdiff_t>(i));
    ExpectRefused(without, kRule);
    H2Fields twice = get;
    twice.push_back(get[i]);
    ExpectRefused(twice, kRule);
    H2Fields late = without;
    late.push_back({"x-a", "1"});
    late.push_back(get[i]);
    ExpectRefused(late, kRule);
  }
  ExpectRefused(H2Get("/", {{":status", "200"}}), kRule);
  ExpectRefused(H2Get("/", {{":unknown", "1"}}), kRule);
  ExpectRefused(H2Get("/", {{":", "1"}}), kRule);
}

TEST_F(Http2Requests, WithPseudoHeadersOfBadValue) {
  const auto with = [](absl::string_view name, absl::string_view value) {
    H2Fields fields = H2Get("/");
    for (auto& [field, text] : fields) {
      if (field == name) text = std::string(value);
    }
    return fields;
  };
  for (const char* method : {"", "G ET", "get", "FOO"}) {
    ExpectRefused(with(":method", method), kField);
  }
  for (const char* path : {"", "a", "*", "/a b", "/a#b", "/\x80\n", "http://a/"}) {
    ExpectRefused(with(":path", path), kField);
  }
  for (const char* scheme : {"", "ftp", "http "}) ExpectRefused(with(":scheme", scheme), kField);
  for (const char* authority : {"", "a b", "u@a", "a:b", "a:99999"}) {
    ExpectRefused(with(":authority", authority), kField);
  }
  H2Fields options = with(":path", "*");
  options[0].second = "OPTIONS";
  EXPECT_EQ(Accepted(options),
            "0 head :method=OPTIONS :scheme=http :authority=test :path=*\n0 end\n");
}

TEST_F(Http2Requests, WithFieldsThatAreNone) {
  ExpectRefused(H2Get("/", {{"X-Upper", "1"}}), kField);
  ExpectRefused(H2Get("/", {{"", "1"}}), kField);
  ExpectRefused(H2Get("/", {{"a b", "1"}}), kField);
  ExpectRefused(H2Get("/", {{"a:", "1"}}), kField);
  ExpectRefused(H2Get("/", {{"a\n", "1"}}), kField);
  ExpectRefused(H2Get("/", {{std::string("a\0", 2), "1"}}), kField);
  ExpectRefused(H2Get("/", {{"a\x80", "1"}}), kField);
  ExpectRefused(H2Get("/", {{"a", " 1"}}), kField);
  ExpectRefused(H2Get("/", {{"a", "1\t"}}), kField);
  ExpectRefused(H2Get("/", {{"a", "1\r\nb: 2"}}), kField);
  ExpectRefused(H2Get("/", {{"a", std::string("\0", 1)}}), kField);
  ExpectRefused(H2Get("/", {{"a", "a long one that ends badly\n"}}), kField);
  EXPECT_EQ(Accepted(H2Get("/", {{"a", ""}, {"b_c", "x\xff y"}})),
            "0 head :method=GET :scheme=http :authority=test :path=/ a= b_c=x\\xff y\n0 end\n");
}

TEST_F(Http2Requests, WithFieldsOfAConnection) {
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    ExpectRefused(H2Get("/", {{name, "x"}}), kRule);
  }
  ExpectRefused(H2Get("/", {{"te", "gzip"}}), kRule);
  ExpectRefused(H2Get("/", {{"te", "trailers, gzip"}}), kRule);
  EXPECT_EQ(Accepted(H2Get("/", {{"te", "trailers"}})),
            "0 head :method=GET :scheme=http :authority=test :path=/ te=trailers\n0 end\n");
}

// RFC 9113 section 8.3.1.
TEST_F(Http2Requests, HostAndAuthorityAreOne) {
  const char* const one = "0 head :method=GET :scheme=http :authority=test :path=/\n0 end\n";
  EXPECT_EQ(Accepted(H2Get("/", {{"host", "test"}})), one);
  H2Fields host_only = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "test"}};
  EXPECT_EQ(Accepted(host_only),
            "0 head :method=GET :scheme=http :path=/ :authority=test\n0 end\n");
  ExpectRefused(H2Get("/", {{"host", "other"}}), kRule);
  ExpectRefused(H2Get("/", {{"host", "test"}, {"host", "test"}}), kRule);
  host_only[3].second = "a b";
  ExpectRefused(host_only, kField);
}

// RFC 9113 section 8.2.3.
TEST_F(Http2Requests, CookieCrumbsAreJoined) {
  EXPECT_EQ(
      Accepted(H2Get("/", {{"cookie", "a=1"}, {"x", "y"}, {"cookie", ""}, {"cookie", "b=2"}})),
      "0 head :method=GET :scheme=http :authority=test :path=/ cookie=a=1; ; b=2 x=y\n"
      "0 end\n");
  EXPECT_EQ(Accepted(H2Get("/", {{"cookie", "a=1"}})),
            "0 head :method=GET :scheme=http :authority=test :path=/ cookie=a=1\n0 end\n");
}

TEST_F(Http2Requests, CountACookieOnceHoweverItIsCrumbled) {
  limits_.headers_count_max = 2;
  StartServer();
  Receive(
      H2HeadersFrame(1, H2Get("/", {{"cookie", "a"}, {"cookie", "b"}, {"cookie", "c"}, {"x", "y"}}),
                     kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :method=GET :scheme=http :authority=test :path=/ cookie=a; b; c x=y\n0 end\n");
}

TEST_F(Http2Requests, ContentLengthIsWhatDataComesTo) {
  const auto post = [](const char* length) { return H2Get("/", {{"content-length", length}}); };
  for (const char* length : {"x", "-1", "1,1", "+1"}) ExpectRefused(post(length), kField);
  ExpectRefused(H2Get("/", {{"content-length", "1"}, {"content-length", "1"}}), kField);
  ExpectRefused(post("1"), kRule);  // and END_STREAM
  const auto expect_reset = [&](const std::string& body) {
    Http2Rig rig;
    rig.options_.malformed_ends_stream = true;
    rig.StartServer();
    EXPECT_EQ(rig.Receive(H2HeadersFrame(1, post("3")) + body), CodecError::kNone);
    EXPECT_EQ(rig.Sent(), "RST_STREAM 1 PROTOCOL_ERROR\n");
    EXPECT_EQ(rig.TakeEvents(),
              "0 head :method=GET :scheme=http :authority=test :path=/ content-length=3\n"
              "0 reset protocol error PROTOCOL_ERROR\n");
    EXPECT_EQ(rig.stream(0).message_error_, kRule);
    EXPECT_EQ(rig.codec_->error(), CodecError::kNone);
    Http2Rig strict;
    strict.StartServer();
    EXPECT_EQ(strict.Receive(H2HeadersFrame(1, post("3")) + body), kRule);
    EXPECT_EQ(strict.Sent(), "GOAWAY 1 PROTOCOL_ERROR\n");
  };
  expect_reset(H2DataFrame(1, "abcd"));
  expect_reset(H2DataFrame(1, "ab", kH2EndStream));
  expect_reset(H2DataFrame(1, "", kH2EndStream));
  expect_reset(H2DataFrame(1, "ab") + H2DataFrame(1, "cd", kH2EndStream));
  expect_reset(H2DataFrame(1, "ab") + H2HeadersFrame(1, {{"x", "y"}}, kH2EndStream));
}

TEST_F(Http2Requests, Trailers) {
  const auto expect_reset = [&](const H2Fields& trailers, uint8_t flags) {
    Http2Rig rig;
    rig.options_.malformed_ends_stream = true;
    rig.StartServer();
    rig.Receive(H2HeadersFrame(1, H2Get("/")));
    rig.TakeEvents();
    EXPECT_EQ(rig.Receive(H2HeadersFrame(1, trailers, flags)), CodecError::kNone);
    EXPECT_EQ(rig.Sent(), "RST_STREAM 1 PROTOCOL_ERROR\n");
    EXPECT_EQ(rig.TakeEvents(), "0 reset protocol error PROTOCOL_ERROR\n");
  };
  expect_reset({{":path", "/"}}, kH2EndStream);
  expect_reset({{"x", "y"}}, 0);  // no end
  expect_reset({{"X", "y"}}, kH2EndStream);
  expect_reset({{"transfer-encoding", "chunked"}}, kH2EndStream);
  expect_reset({{"content-length", "1"}}, kH2EndStream);
}

// RFC 9113 section 8.5.
TEST_F(Http2Requests, ATunnelHasNoTrailers) {
  options_.malformed_ends_stream = true;
  StartServer();
  Receive(H2HeadersFrame(1, {{":method", "CONNECT"}, {":authority", "a:443"}}));
  stream(0).Send({{":status", "200"}}, End::kNo);
  Sent();
  TakeEvents();
  EXPECT_EQ(Receive(H2HeadersFrame(1, {{"x", "y"}}, kH2EndStream)), CodecError::kNone);
  EXPECT_EQ(Sent(), "RST_STREAM 1 PROTOCOL_ERROR\n");
  EXPECT_EQ(TakeEvents(), "0 reset protocol error PROTOCOL_ERROR\n");
}

TEST_F(Http2Requests, Connect) {
  const H2Fields connect = {{":method", "CONNECT"}, {":authority", "a:443"}};
  Http2Rig rig;
  rig.StartServer();
  rig.Receive(H2HeadersFrame(1, connect));
  EXPECT_EQ(rig.TakeEvents(), "0 head :method=CONNECT :authority=a:443\n");
  ExpectRefused({{":method", "CONNECT"}, {":authority", "a"}}, kField);
  ExpectRefused({{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}}, kRule);
  ExpectRefused({{":method", "CONNECT"}, {":authority", "a:1"}, {":scheme", "http"}}, kRule);
  ExpectRefused({{":method", "CONNECT"}}, kRule);
  ExpectRefused({{":method", "CONNECT"}, {":authority", "a:1"}, {"content-length", "0"}}, kRule);
}

// RFC 8441.
TEST_F(Http2Requests, ExtendedConnect) {
  H2Fields fields = H2Get("/chat");
  fields[0].second = "CONNECT";
  fields.push_back({":protocol", "websocket"});
  EXPECT_EQ(Accepted(fields),
            "0 head :method=CONNECT :scheme=http :authority=test :path=/chat "
            ":protocol=websocket\n0 end\n");
  options_.allow_connect = false;
  StartServer();
  EXPECT_EQ(Receive(H2HeadersFrame(1, fields)), kRule);
  fields[0].second = "GET";
  ExpectRefused(fields, kRule);
}

// ---- Limits.

TEST_F(Http2Requests, TooLargeAreAnsweredOnTheirStream) {
  limits_.headers_bytes_max = 1000;
  StartServer();
  EXPECT_EQ(Receive(H2HeadersFrame(1, H2Get("/", {{"x", std::string(1000, 'y')}}), kH2EndStream) +
                    H2HeadersFrame(3, H2Get("/"), kH2EndStream)),
            CodecError::kNone);
  EXPECT_EQ(TakeEvents(),
            "bad request: http2.too_many_headers\n"
            "1 head :method=GET :scheme=http :authority=test :path=/\n"
            "1 end\n");
  EXPECT_EQ(Sent(), "HEADERS 1 :status=431\nDATA 1 END_STREAM \"too large\"\n");
  EXPECT_EQ(TakeEvents(), "0 complete\n");
  EXPECT_EQ(Stat("header_overflow"), 1u);
  EXPECT_EQ(codec_->open_streams(), 1u);
}

TEST_F(Http2Requests, TooLargeAreResetWhereNobodyAnswers) {
  limits_.headers_count_max = 3;
  answer_bad_requests_ = false;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/", {{"a", "1"}, {"b", "1"}, {"c", "1"}}), kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :method=GET :scheme=http :authority=test :path=/ a=1 b=1 c=1\n0 end\n");
  Receive(H2HeadersFrame(3, H2Get("/", {{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}})));
  EXPECT_EQ(TakeEvents(), "bad request: http2.too_many_headers\n");
  EXPECT_EQ(Sent(), "RST_STREAM 3 ENHANCE_YOUR_CALM\n");
  EXPECT_EQ(codec_->open_streams(), 1u);
}

// The rest of such a request is dropped, and its reader asked to stop.
TEST_F(Http2Requests, TooLargeWithABody) {
  limits_.headers_count_max = 0;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/", {{"a", "1"}})) + H2DataFrame(1, "body"));
  EXPECT_EQ(Sent(),
            "HEADERS 1 :status=431\nDATA 1 END_STREAM \"too large\"\nRST_STREAM 1 NO_ERROR\n");
  EXPECT_EQ(TakeEvents(), "bad request: http2.too_many_headers\n0 complete\n");
}

TEST_F(Http2Requests, WithALongPath) {
  limits_.target_bytes_max = 10;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/23456789"), kH2EndStream) +
          H2HeadersFrame(3, H2Get("/234567890"), kH2EndStream) +
          H2HeadersFrame(5, H2Get("/2345678901"), kH2EndStream));
  EXPECT_EQ(codec_->open_streams(), 3u);
  EXPECT_EQ(TakeEvents(),
            "0 head :method=GET :scheme=http :authority=test :path=/23456789\n0 end\n"
            "1 head :method=GET :scheme=http :authority=test :path=/234567890\n1 end\n"
            "bad request: http2.path_too_long\n");
}

TEST_F(Http2Requests, TrailersTooLarge) {
  limits_.trailers_bytes_max = 100;
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/")) +
          H2HeadersFrame(1, {{"x", std::string(100, 'y')}}, kH2EndStream));
  EXPECT_EQ(TakeEvents(),
            "0 head :method=GET :scheme=http :authority=test :path=/\n"
            "0 reset protocol error PROTOCOL_ERROR\n");
  EXPECT_EQ(stream(0).message_error_, CodecError::kHttp2TooManyHeaders);
  EXPECT_EQ(Sent(), "RST_STREAM 1 PROTOCOL_ERROR\n");
  EXPECT_EQ(Stat("header_overflow"), 1u);
}

// A small block that unpacks to much: one entry of the table, again and again.
TEST_F(Http2Requests, AHeaderBombCostsTheLimit) {
  StartServer();
  std::string block = HpackLiterals(H2Get("/")) + HpackIndexedLiteral("x", std::string(4000, 'y'));
  for (int i = 0; i < 10000; ++i) block += HpackIndex(62);
  EXPECT_EQ(Receive(H2FrameBytes(H2Type::kHeaders, kH2EndHeaders | kH2EndStream, 1, block)),
            CodecError::kNone);
  EXPECT_EQ(TakeEvents(), "bad request: http2.too_many_headers\n");
}

}  // namespace
}  // namespace sluice
