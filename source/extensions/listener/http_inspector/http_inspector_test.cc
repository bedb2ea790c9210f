// The promises of the README, one test each.

#include <string>

#include "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/extensions/listener/http_inspector/http_inspector_config.h"
#include "source/extensions/listener/http_inspector/http_inspector_filter.h"
#include "source/extensions/listener/http_inspector/http_version.h"
#include "test/harness/listener_filter_tester.h"

namespace sluice {
namespace {

class HttpInspectorTest : public testing::Test {
 protected:
  ListenerFilterTester tester_{[](StatsRegistry& stats) {
    ConfigErrors errors;
    envoy::extensions::filters::listener::http_inspector::v3::HttpInspector proto;
    return ParseHttpInspector(proto, {stats, "listener.here."}, FieldScope(errors));
  }};
};

TEST_F(HttpInspectorTest, TheVersionOfTheRequestLine) {
  for (const char* line : {"GET / HTTP/1.1\r\n", "POST /a?b=c%20 HTTP/1.1\n",
                           "M-SEARCH * HTTP/1.1\r", "\r\nGET http://x/ HTTP/1.1\r\nhost: x\r\n"}) {
    EXPECT_EQ(tester_.HoweverCut(line), absl::StrCat("passed alpn=http/1.1 | ", line));
  }
  EXPECT_EQ(tester_.HoweverCut("GET / HTTP/1.0\r\n\r\n"),
            "passed alpn=http/1.0 | GET / HTTP/1.0\r\n\r\n");
}

TEST_F(HttpInspectorTest, ThePrefaceOfHttp2) {
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  EXPECT_EQ(tester_.HoweverCut(preface), "passed alpn=h2c | " + preface);
  EXPECT_EQ(tester_.HoweverCut("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"),
            "passed | PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r");
}

TEST_F(HttpInspectorTest, WhatIsNoHttpGoesOnAsItIs) {
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02"), std::string("GET /\r\n"),
        std::string("GET  / HTTP/1.1\r\n"), std::string("GET / HTTP/1.2\r\n"),
        std::string("GET / HTTP/1.10\r\n"), std::string("GET / HTTP/2.0\r\n"),
        std::string("GET / http/1.1\r\n"), std::string("\r\r"), std::string(" GET / HTTP/1.1\r\n"),
        std::string("G(T / HTTP/1.1\r\n"), std::string("GET /\x01 HTTP/1.1\r\n"),
        std::string("GET / HTTP/1.1 \r\n"), std::string(33, 'M')}) {
    EXPECT_EQ(tester_.HoweverCut(bytes), "passed | " + bytes);
  }
}

TEST_F(HttpInspectorTest, TooLittleIsWaitedWith) {
  for (const char* bytes : {"G", "GET", "GET ", "GET /", "GET / ", "GET / HTTP/1.",
                            "GET / HTTP/1.1", "PRI * HTTP/2.0\r\n", "\r", "\r\n"}) {
    EXPECT_EQ(tester_.Whole(bytes), "waiting") << bytes;
  }
}

TEST_F(HttpInspectorTest, ALineThatDoesNotEnd) {
  const std::string line = "GET /" + std::string(HttpInspectorFilter::kBytesMax, 'a');
  EXPECT_EQ(tester_.Whole(line.substr(0, HttpInspectorFilter::kBytesMax - 1)), "waiting");
  EXPECT_EQ(tester_.Whole(line), "passed | " + line);
}

TEST_F(HttpInspectorTest, EveryFindingIsCounted) {
  tester_.Whole("GET / HTTP/1.0\r\n");
  tester_.Whole("GET / HTTP/1.1\r\n");
  tester_.Whole("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  tester_.Whole("SSH-2.0-x\r\n");
  for (const char* stat : {"http10_found", "http11_found", "http2_found", "http_not_found"}) {
    EXPECT_EQ(tester_.Stat(absl::StrCat("http_inspector.", stat)), 1) << stat;
  }
}

}  // namespace
}  // namespace sluice
