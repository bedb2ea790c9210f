// The promises of the README, one test each.

#include <memory>
#include <string>

#include "envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/extensions/listener/proxy_protocol/proxy_protocol_config.h"
#include "test/harness/listener_filter_tester.h"

namespace sluice {
namespace {

std::unique_ptr<const ListenerFilterFactory> Parse(const std::string& text, StatsRegistry& stats,
                                                   std::string* error) {
  envoy::extensions::filters::listener::proxy_protocol::v3::ProxyProtocol proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  ConfigErrors errors;
  auto factory = ParseProxyProtocol(proto, {stats, "listener.here."}, FieldScope(errors));
  *error = errors.ToString();
  return factory;
}

ListenerFilterTester::Make Of(const std::string& text) {
  return [text](StatsRegistry& stats) {
    std::string error;
    auto factory = Parse(text, stats, &error);
    EXPECT_EQ(error, "");
    return factory;
  };
}

const std::string kV1 = "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n";
const std::string kV2(
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xc0\x00\x02\x01\xc6\x33\x64\x02\x13\x88\x01\xbb"
    "\x01\0\x01x\xe0\0\0",
    35);

TEST(ProxyProtocol, TheAddressesAreTheHeaders) {
  ListenerFilterTester tester(Of(""));
  EXPECT_EQ(tester.HoweverCut(kV1 + "GET /"),
            "passed remote=192.0.2.1:5000 local=198.51.100.2:443 | GET /");
  EXPECT_EQ(tester.HoweverCut(kV2 + "GET /"),
            "passed remote=192.0.2.1:5000 local=198.51.100.2:443 | GET /");
}

TEST(ProxyProtocol, LocalAndUnknownChangeNothing) {
  ListenerFilterTester tester(Of(""));
  EXPECT_EQ(tester.HoweverCut("PROXY UNKNOWN 1 2\r\nhi"), "passed | hi");
  EXPECT_EQ(tester.HoweverCut(std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0hi", 18)), "passed | hi");
}

TEST(ProxyProtocol, AHeaderAloneIsEnough) {
  ListenerFilterTester tester(Of(""));
  EXPECT_EQ(tester.HoweverCut(kV1), "passed remote=192.0.2.1:5000 local=198.51.100.2:443 |");
}

TEST(ProxyProtocol, WithoutAHeaderItIsClosed) {
  ListenerFilterTester tester(Of(""));
  EXPECT_EQ(tester.Whole("GET / HTTP/1.1\r\n"), "closed");
  EXPECT_EQ(tester.Stat("proxy_proto.not_found_disallowed"), 1);
  EXPECT_EQ(tester.Stat("listener.here.downstream_cx_proxy_proto_error"), 1);
}

TEST(ProxyProtocol, UnlessItMayBeMissing) {
  ListenerFilterTester tester(Of("allow_requests_without_proxy_protocol: true"));
  EXPECT_EQ(tester.Whole("POST / HTTP/1.1\r\n"), "passed | POST / HTTP/1.1\r\n");
  EXPECT_EQ(tester.Stat("proxy_proto.not_found_allowed"), 1);
  EXPECT_EQ(tester.HoweverCut("POST / HTTP/1.1\r\n"), "passed | POST / HTTP/1.1\r\n");
  EXPECT_EQ(tester.HoweverCut(kV1 + "x"),
            "passed remote=192.0.2.1:5000 local=198.51.100.2:443 | x");
}

TEST(ProxyProtocol, MalformedHeadersAreClosedAndCounted) {
  ListenerFilterTester tester(
      Of("allow_requests_without_proxy_protocol: true stat_prefix: 'edge'"));
  EXPECT_EQ(tester.HoweverCut("PROXY TCP4 me you 1 2\r\n"), "closed");
  const int64_t v1 = tester.Stat("proxy_proto.edge.versions.v1.error");
  EXPECT_GT(v1, 0);
  EXPECT_EQ(tester.Whole(std::string("\r\n\r\n\0\r\nQUIT\n\x33\0\0\0", 16)), "closed");
  EXPECT_EQ(tester.Stat("proxy_proto.edge.versions.v2.error"), 1);
  EXPECT_EQ(tester.Stat("listener.here.downstream_cx_proxy_proto_error"), v1 + 1);
}

TEST(ProxyProtocol, AVersionThatIsNotAllowed) {
  ListenerFilterTester strict(Of("disallowed_versions: V1"));
  EXPECT_EQ(strict.Whole(kV1 + "x"), "closed");
  EXPECT_EQ(strict.Stat("proxy_proto.versions.v1.disallowed"), 1);
  EXPECT_EQ(strict.Whole(kV2 + "x"), "passed remote=192.0.2.1:5000 local=198.51.100.2:443 | x");
  EXPECT_EQ(strict.Stat("proxy_proto.versions.v2.found"), 1);

  ListenerFilterTester lax(
      Of("disallowed_versions: V1 allow_requests_without_proxy_protocol: true"));
  EXPECT_EQ(lax.Whole(kV1 + "x"), "passed | " + kV1 + "x");
}

TEST(ProxyProtocol, TlvsAreKeptAsConfigured) {
  ListenerFilterTester all(Of("pass_through_tlvs {}"));
  EXPECT_EQ(all.Whole(kV2), "passed remote=192.0.2.1:5000 local=198.51.100.2:443 tlv1=x tlv224= |");
  ListenerFilterTester one(Of("pass_through_tlvs { match_type: INCLUDE tlv_type: 224 }"));
  EXPECT_EQ(one.Whole(kV2), "passed remote=192.0.2.1:5000 local=198.51.100.2:443 tlv224= |");
}

TEST(ProxyProtocol, RulesMakeTlvsMetadata) {
  ListenerFilterTester tester(
      Of("rules { tlv_type: 1 on_tlv_present { key: 'one' } } "
         "rules { tlv_type: 224 on_tlv_present { metadata_namespace: 'ns' key: 'empty' } } "
         "rules { tlv_type: 5 on_tlv_present { key: 'none' } }"));
  EXPECT_EQ(tester.HoweverCut(kV2 + "x"),
            "passed remote=192.0.2.1:5000 local=198.51.100.2:443 "
            "envoy.filters.listener.proxy_protocol:one=x ns:empty= | x");
  EXPECT_EQ(tester.Whole(kV1 + "x"), "passed remote=192.0.2.1:5000 local=198.51.100.2:443 | x");
}

// Of a type that comes twice the last value counts.
TEST(ProxyProtocol, MetadataIsPrintable) {
  ListenerFilterTester tester(
      Of("rules { tlv_type: 1 on_tlv_present { metadata_namespace: 'ns' key: 'k' } }"));
  const std::string header = kV2.substr(0, 15) + '\x1b' + kV2.substr(16, 12);
  EXPECT_EQ(
      tester.Whole(header + std::string("\x01\0\x01x\x01\0\x08\x01\r\n\xffz\xc3\xa9\x7f", 15)),
      "passed remote=192.0.2.1:5000 local=198.51.100.2:443 ns:k=!!!!z\xc3\xa9! |");
}

TEST(ProxyProtocol, ARuleSaysWhatItDoes) {
  StatsRegistry stats;
  std::string error;
  EXPECT_EQ(Parse("rules { tlv_type: 1 }", stats, &error), nullptr);
  EXPECT_NE(error.find("rules[0].on_tlv_present: is required"), std::string::npos) << error;
}

TEST(ProxyProtocol, LongHeadersAreWaitedFor) {
  ListenerFilterTester tester(Of(""));
  const std::string header =
      std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\xff\xf0", 16) + std::string(0xfff0, 'x');
  EXPECT_EQ(tester.Pieces({header.substr(0, 1), header.substr(1, 10), header.substr(11, 6),
                           header.substr(17, 40000), header.substr(40017) + "hi"}),
            "passed | hi");
  EXPECT_EQ(tester.Whole(header.substr(0, 60000)), "waiting");
}

TEST(ProxyProtocol, SomeVersionMustBeLeft) {
  StatsRegistry stats;
  std::string error;
  EXPECT_EQ(Parse("disallowed_versions: V1 disallowed_versions: V2", stats, &error), nullptr);
  EXPECT_NE(error.find("disallowed_versions: leaves no version"), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice
