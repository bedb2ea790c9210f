// The promises of the README, one test each. The ClientHello is put together here, by RFC 8446.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/extensions/listener/tls_inspector/tls_inspector_config.h"
#include "test/harness/listener_filter_tester.h"

namespace sluice {
namespace {

std::string Number(size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}
std::string Sized(const std::string& body, int length_bytes) {
  return Number(body.size(), length_bytes) + body;
}
std::string Extension(int type, const std::string& body) {
  return Number(type, 2) + Sized(body, 2);
}
std::string Sni(const std::string& name) {
  return Extension(0, Sized(Number(0, 1) + Sized(name, 2), 2));
}
std::string Alpn(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) list += Sized(protocol, 1);
  return Extension(16, Sized(list, 2));
}
// One record, or pieces of so many bytes.
std::string Records(const std::string& message, size_t record_bytes = 16000) {
  std::string records;
  for (size_t at = 0; at < message.size(); at += record_bytes) {
    records += "\x16\x03\x01" + Sized(message.substr(at, record_bytes), 2);
  }
  return records;
}
std::string Hello(const std::string& extensions) {
  const std::string body = "\x03\x03" + std::string(32, 'r') + Sized("", 1) + Sized("\x13\x01", 2) +
                           Sized(std::string(1, '\0'), 1) + Sized(extensions, 2);
  return Number(1, 1) + Sized(body, 3);
}

class TlsInspectorTest : public testing::Test {
 protected:
  ListenerFilterTester tester_{[](StatsRegistry& stats) {
    ConfigErrors errors;
    envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector proto;
    return ParseTlsInspector(proto, {stats, "listener.here."}, FieldScope(errors));
  }};
};

TEST_F(TlsInspectorTest, NameAndProtocolsOfTheClientHello) {
  const std::string hello = Records(Hello(Sni("WWW.Example.com") + Alpn({"h2", "http/1.1"})));
  EXPECT_EQ(tester_.HoweverCut(hello),
            "passed tls sni=www.example.com alpn=h2,http/1.1 | " + hello);
}

TEST_F(TlsInspectorTest, WithoutThemItIsTlsAllTheSame) {
  const std::string hello = Records(Hello(""));
  EXPECT_EQ(tester_.HoweverCut(hello), "passed tls | " + hello);
}

TEST_F(TlsInspectorTest, InManySmallRecords) {
  const std::string hello = Records(Hello(Sni("a.b")), 3);
  EXPECT_EQ(tester_.HoweverCut(hello), "passed tls sni=a.b | " + hello);
}

TEST_F(TlsInspectorTest, WhatIsNotTlsGoesOnAtOnce) {
  for (const std::string bytes : {"G", "GET / HTTP/1.1\r\n", "\x17\x03\x01", "\x16\x02"}) {
    EXPECT_EQ(tester_.HoweverCut(bytes), "passed | " + bytes);
  }
  // A ServerHello, where a client's message should be.
  const std::string odd = Records("\x02" + Hello("").substr(1));
  EXPECT_EQ(tester_.Whole(odd), "passed | " + odd);
}

TEST_F(TlsInspectorTest, TooLittleIsWaitedWith) {
  const std::string hello = Records(Hello(Sni("a.b")));
  EXPECT_EQ(tester_.Whole(hello.substr(0, 1)), "waiting");
  EXPECT_EQ(tester_.Whole(hello.substr(0, hello.size() - 1)), "waiting");
}

TEST_F(TlsInspectorTest, TooLargeIsClosed) {
  EXPECT_EQ(tester_.Whole(Records(Hello(Extension(21, std::string(17000, '\0'))))), "closed");
  EXPECT_EQ(tester_.Stat("tls_inspector.client_hello_too_large"), 1);
  const std::string large = Records(Hello(Extension(21, std::string(15000, '\0')) + Sni("a.b")));
  EXPECT_EQ(tester_.Whole(large), "passed tls sni=a.b | " + large);
}

TEST_F(TlsInspectorTest, EveryFindingIsCounted) {
  tester_.Whole(Records(Hello(Sni("a.b"))));
  tester_.Whole(Records(Hello(Alpn({"h2"}))));
  tester_.Whole("GET / HTTP/1.1\r\n");
  EXPECT_EQ(tester_.Stat("tls_inspector.tls_found"), 2);
  for (const char* stat :
       {"tls_not_found", "sni_found", "sni_not_found", "alpn_found", "alpn_not_found"}) {
    EXPECT_EQ(tester_.Stat(absl::StrCat("tls_inspector.", stat)), 1) << stat;
  }
}

}  // namespace
}  // namespace sluice
