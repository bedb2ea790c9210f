// The parser alone: every kind of header, whole and cut at every byte.

#include "source/extensions/listener/proxy_protocol/proxy_header.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using State = ProxyHeader::State;

// One line of what was read.
std::string Text(const ProxyHeader& header) {
  std::string text = header.state == State::kNeedMore    ? "more"
                     : header.state == State::kNone      ? "none"
                     : header.state == State::kMalformed ? "malformed"
                                                         : absl::StrCat("found ", header.bytes);
  if (header.source.family() != Address::Family::kNone) {
    absl::StrAppend(&text, " ", header.source.text(), " -> ", header.destination.text());
  }
  for (absl::string_view tlvs = header.tlvs; !tlvs.empty();) {
    const ProxyTlvView tlv = TakeProxyTlv(tlvs);
    absl::StrAppend(&text, " ", tlv.type, "=", tlv.value);
  }
  return text;
}

// With bytes behind it, which are not the header's; and cut at every byte, which is too early.
std::string Read(const std::string& bytes) {
  const std::string text = Text(ReadProxyHeader(bytes));
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    const ProxyHeader early = ReadProxyHeader(absl::string_view(bytes).substr(0, cut));
    if (text.substr(0, 5) == "found") {
      EXPECT_EQ(Text(early), "more") << cut;
      EXPECT_GT(early.bytes, cut);
      EXPECT_LE(early.bytes, bytes.size()) << cut;
    } else if (early.state != State::kNeedMore) {
      // What is refused early is refused whole.
      EXPECT_EQ(Text(early), text) << cut;
    }
  }
  if (text.substr(0, 5) == "found") {
    EXPECT_EQ(Text(ReadProxyHeader(bytes + "GET / HTTP/1.1\r\n\r\n")), text);
  }
  return text;
}

std::string V2(uint8_t version_and_command, uint8_t family, const std::string& body) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  bytes += static_cast<char>(version_and_command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(body.size() >> 8);
  bytes += static_cast<char>(body.size() & 0xff);
  return bytes + body;
}

const std::string kIpv4Body("\xc0\x00\x02\x01\xc6\x33\x64\x02\x13\x88\x01\xbb", 12);
const std::string kIpv6Body = std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16) +
                              std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16) +
                              std::string("\x13\x88\x01\xbb", 4);

TEST(ProxyHeaderV1, Addresses) {
  EXPECT_EQ(Read("PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n"),
            "found 44 192.0.2.1:5000 -> 198.51.100.2:443");
  EXPECT_EQ(Read("PROXY TCP6 2001:db8::1 2001:db8::2 0 65535\r\n"),
            "found 44 [2001:db8::1]:0 -> [2001:db8::2]:65535");
}

TEST(ProxyHeaderV1, UnknownSaysNothing) {
  EXPECT_EQ(Read("PROXY UNKNOWN\r\n"), "found 15");
  EXPECT_EQ(Read("PROXY UNKNOWN \r\n"), "found 16");
  EXPECT_EQ(Read("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), "found 35");
}

TEST(ProxyHeaderV1, TheLongestAndLonger) {
  const std::string start = "PROXY UNKNOWN ";
  EXPECT_EQ(Read(start + std::string(105 - start.size(), 'f') + "\r\n"), "found 107");
  EXPECT_EQ(Read(start + std::string(106 - start.size(), 'f') + "\r\n"), "malformed");
  EXPECT_EQ(Text(ReadProxyHeader(start + std::string(93, 'f'))), "malformed");
}

TEST(ProxyHeaderV1, Malformed) {
  for (const char* line :
       {"", "TCP4", "TCP5 192.0.2.1 198.51.100.2 1 2", "tcp4 192.0.2.1 198.51.100.2 1 2",
        "TCP4 192.0.2.1 198.51.100.2 1", "TCP4 192.0.2.1 198.51.100.2 1 2 3",
        "TCP4 192.0.2.1 198.51.100.2 1 2 ", "TCP4  192.0.2.1 198.51.100.2 1 2",
        "TCP4 192.0.2.1 198.51.100.2 01 2", "TCP4 192.0.2.1 198.51.100.2 1 65536",
        "TCP4 192.0.2.1 198.51.100.2 +1 2", "TCP4 192.0.2.1 198.51.100.2 -1 2",
        "TCP4 192.0.2.1 198.51.100.2 1 123456", "TCP4 2001:db8::1 2001:db8::2 1 2",
        "TCP6 192.0.2.1 198.51.100.2 1 2", "TCP4 192.0.2.256 198.51.100.2 1 2",
        "TCP4 192.0.2.1 198.51.100.2\t1 2", "TCP4 192.0.2.1 198.51.100.2 1 2\r"}) {
    EXPECT_EQ(Read(absl::StrCat("PROXY ", line, "\r\n")), "malformed") << line;
  }
  EXPECT_EQ(Read("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n"), "malformed");
  EXPECT_EQ(Read("PROXY UNKNOWN \n\r\n"), "malformed");
}

TEST(ProxyHeaderV2, Addresses) {
  EXPECT_EQ(Read(V2(0x21, 0x11, kIpv4Body)), "found 28 192.0.2.1:5000 -> 198.51.100.2:443");
  EXPECT_EQ(Read(V2(0x21, 0x12, kIpv4Body)), "found 28 192.0.2.1:5000 -> 198.51.100.2:443");
  EXPECT_EQ(Read(V2(0x21, 0x21, kIpv6Body)), "found 52 [2001:db8::1]:5000 -> [2001:db8::2]:443");
}

TEST(ProxyHeaderV2, Tlvs) {
  const std::string tlvs("\x01\0\x02h2\xe0\0\0\x02\0\x01x", 12);
  EXPECT_EQ(Read(V2(0x21, 0x11, kIpv4Body + tlvs)),
            "found 40 192.0.2.1:5000 -> 198.51.100.2:443 1=h2 224= 2=x");
}

TEST(ProxyHeaderV2, LocalAndUnspecifiedSayNothing) {
  EXPECT_EQ(Read(V2(0x20, 0x00, "")), "found 16");
  EXPECT_EQ(Read(V2(0x20, 0x11, kIpv4Body)), "found 28");
  EXPECT_EQ(Read(V2(0x20, 0xff, "anything")), "found 24");
  EXPECT_EQ(Read(V2(0x21, 0x00, "anything")), "found 24");
  EXPECT_EQ(Read(V2(0x21, 0x10, kIpv4Body)), "found 28");
}

TEST(ProxyHeaderV2, Malformed) {
  EXPECT_EQ(Read(V2(0x11, 0x11, kIpv4Body)), "malformed");  // version 1
  EXPECT_EQ(Read(V2(0x22, 0x11, kIpv4Body)), "malformed");  // no such command
  EXPECT_EQ(Read(V2(0x21, 0x41, kIpv4Body)), "malformed");  // no such family
  EXPECT_EQ(Read(V2(0x21, 0x13, kIpv4Body)), "malformed");  // no such transport
  EXPECT_EQ(Read(V2(0x21, 0x11, kIpv4Body.substr(1))), "malformed");
  EXPECT_EQ(Read(V2(0x21, 0x21, kIpv4Body)), "malformed");
  EXPECT_EQ(Read(V2(0x21, 0x31, std::string(216, 'u'))), "malformed");  // a Unix socket's
}

TEST(ProxyHeaderV2, TlvsThatDoNotAddUp) {
  for (const std::string& tlvs : {std::string("\x01", 1), std::string("\x01\0", 2),
                                  std::string("\x01\0\x03h2", 5), std::string("\x01\0\0\x01", 4)}) {
    EXPECT_EQ(Read(V2(0x21, 0x11, kIpv4Body + tlvs)), "malformed") << tlvs.size();
  }
}

TEST(ProxyHeaderV2, LengthsUpToTheLimit) {
  std::string largest = V2(0x20, 0, std::string(kProxyHeaderBytesMax - 16, 'x'));
  EXPECT_EQ(Text(ReadProxyHeader(largest)), absl::StrCat("found ", kProxyHeaderBytesMax));
  EXPECT_EQ(ReadProxyHeader(absl::string_view(largest).substr(0, 16)).bytes, kProxyHeaderBytesMax);
  EXPECT_EQ(Text(ReadProxyHeader(V2(0x20, 0, std::string(kProxyHeaderBytesMax - 15, 'x')))),
            "malformed");
}

TEST(ProxyHeader, WhatIsNone) {
  for (const char* bytes : {"GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PROXX ",
                            "proxy tcp4", "\r\n\r\nX", "\x16\x03\x01"}) {
    EXPECT_EQ(Read(bytes), "none") << bytes;
  }
  EXPECT_EQ(Text(ReadProxyHeader("")), "more");
}

TEST(ProxyHeader, OnlyTheVersionsThatAreLookedFor) {
  const std::string v1 = "PROXY UNKNOWN\r\n", v2 = V2(0x20, 0, "");
  EXPECT_EQ(Text(ReadProxyHeader(v1, {.v1 = false})), "none");
  EXPECT_EQ(Text(ReadProxyHeader(v2, {.v1 = false})), "found 16");
  EXPECT_EQ(Text(ReadProxyHeader(v1, {.v2 = false})), "found 15");
  EXPECT_EQ(Text(ReadProxyHeader(v2, {.v2 = false})), "none");
}

}  // namespace
}  // namespace sluice
