#include "source/net/address.h"

#include <gtest/gtest.h>
#include <sys/un.h>

#include <cstring>

#include "absl/hash/hash_testing.h"
#include "absl/strings/str_cat.h"
#include "source/net/cidr.h"

namespace sluice {
namespace {

Address Ip(absl::string_view ip, uint16_t port = 0) { return Address::FromIp(ip, port).value(); }

TEST(Address, PrintsAsEnvoyDoes) {
  EXPECT_EQ(Ip("10.0.0.1", 80).text(), "10.0.0.1:80");
  EXPECT_EQ(Ip("10.0.0.1", 80).ip_text(), "10.0.0.1");
  EXPECT_EQ(Ip("::1", 65535).text(), "[::1]:65535");
  EXPECT_EQ(Ip("2001:DB8:0:0:0:0:0:1").text(), "[2001:db8::1]:0");
  EXPECT_EQ(Ip("2001:db8::1").ip_text(), "2001:db8::1");
  EXPECT_EQ(Address::FromUnixPath("/run/x.sock")->text(), "/run/x.sock");
  EXPECT_EQ(Address::FromUnixPath("@abstract")->text(), "@abstract");
  EXPECT_EQ(Address().text(), "");
}

TEST(Address, EveryByteOfAnIpv4Text) {
  for (int byte = 0; byte <= 255; ++byte) {
    const std::string text = absl::StrCat(byte, ".", 255 - byte, ".0.", byte);
    EXPECT_EQ(Ip(text).ip_text(), text);
  }
}

TEST(Address, IsSmall) { EXPECT_LE(sizeof(Address), 32); }

TEST(Address, RefusesWhatIsNoAddress) {
  for (absl::string_view bad :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80", "[::1]", ":::", "localhost",
        " 1.2.3.4", "1.2.3.4 ", "0x7f.0.0.1", "01.2.3.4", "fe80::1%eth0",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"}) {
    EXPECT_FALSE(Address::FromIp(bad, 1).ok()) << bad;
  }
  EXPECT_FALSE(Address::FromIp(absl::string_view("1.2.3.4\0", 8), 1).ok());
}

TEST(Address, UnixPathsHaveALimit) {
  EXPECT_TRUE(Address::FromUnixPath(std::string(107, 'p')).ok());
  EXPECT_FALSE(Address::FromUnixPath(std::string(108, 'p')).ok());
  EXPECT_FALSE(Address::FromUnixPath("").ok());
  EXPECT_FALSE(Address::FromUnixPath(absl::string_view("a\0b", 3)).ok());
}

TEST(Address, GoesToTheSystemAndBack) {
  for (const Address& address :
       {Ip("10.1.2.3", 4567), Ip("2001:db8::5", 89), *Address::FromUnixPath("/run/x.sock"),
        *Address::FromUnixPath("@abstract"), *Address::FromUnixPath(std::string(107, 'p'))}) {
    sockaddr_storage storage;
    const socklen_t length = address.ToSockaddr(storage);
    EXPECT_EQ(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage), length), address)
        << address.text();
  }
}

TEST(Address, AnUnnamedUnixPeerHasAnEmptyText) {
  sockaddr_un unnamed = {};
  unnamed.sun_family = AF_UNIX;
  const Address address =
      Address::FromSockaddr(reinterpret_cast<sockaddr*>(&unnamed), sizeof(sa_family_t));
  EXPECT_EQ(address.family(), Address::Family::kUnix);
  EXPECT_EQ(address.text(), "");
}

TEST(Address, LongestTextsFit) {
  char text[Address::kTextBytesMax];
  const Address ip = Ip("1111:2222:3333:4444:5555:6666:7777:8888", 65535);
  EXPECT_EQ(absl::string_view(text, ip.WriteText(text)),
            "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
  const Address path = *Address::FromUnixPath(std::string(107, 'p'));
  EXPECT_EQ(path.WriteText(text), 107);
}

TEST(Address, PortsCanBeChanged) {
  EXPECT_EQ(Ip("1.2.3.4", 80).WithPort(81).text(), "1.2.3.4:81");
  EXPECT_EQ(Ip("::2", 80).WithPort(81).text(), "[::2]:81");
  EXPECT_EQ(Address::FromUnixPath("/x")->WithPort(81).text(), "/x");
  EXPECT_EQ(Ip("1.2.3.4", 80).port(), 80);
  EXPECT_EQ(Address::FromUnixPath("/x")->port(), 0);
}

TEST(Address, KnowsLoopback) {
  for (absl::string_view ip : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(Ip(ip).loopback()) << ip;
    EXPECT_TRUE(Ip(ip).internal()) << ip;
  }
  for (absl::string_view ip : {"128.0.0.1", "::", "::2", "0.0.0.0"}) {
    EXPECT_FALSE(Ip(ip).loopback()) << ip;
  }
}

TEST(Address, KnowsInternalRanges) {
  for (absl::string_view ip :
       {"10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.1.1",
        "fc00::1", "fdff::1", "fe80::1", "febf::1", "::ffff:10.1.1.1"}) {
    EXPECT_TRUE(Ip(ip).internal()) << ip;
  }
  for (absl::string_view ip :
       {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.0.1", "192.169.0.1",
        "169.253.0.1", "fbff::1", "fe00::1", "fec0::1", "::ffff:11.0.0.1", "8.8.8.8"}) {
    EXPECT_FALSE(Ip(ip).internal()) << ip;
  }
  EXPECT_FALSE(Address::FromUnixPath("/x")->internal());
}

TEST(Address, EqualityAndHashAgree) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {Address(), Ip("1.2.3.4", 1), Ip("1.2.3.4", 2), Ip("1.2.3.5", 1), Ip("::1", 1), Ip("::2", 1),
       Ip("::ffff:1.2.3.4", 1), *Address::FromUnixPath("/a"), *Address::FromUnixPath("/b")}));
}

TEST(Address, CopiesAreIndependent) {
  Address path = *Address::FromUnixPath("/a");
  const Address copy = path;
  path = Ip("1.2.3.4", 5);
  EXPECT_EQ(copy.text(), "/a");
  EXPECT_EQ(path.text(), "1.2.3.4:5");
  const Address& self = path;
  path = self;
  EXPECT_EQ(path.text(), "1.2.3.4:5");
}

TEST(Cidr, ContainsItsRangeAndNoMore) {
  const Cidr range = Cidr::Parse("10.1.128.0/17").value();
  EXPECT_TRUE(range.Contains(Ip("10.1.128.0")));
  EXPECT_TRUE(range.Contains(Ip("10.1.255.255", 99)));
  EXPECT_FALSE(range.Contains(Ip("10.1.127.255")));
  EXPECT_FALSE(range.Contains(Ip("10.2.128.0")));
  EXPECT_FALSE(range.Contains(Ip("::ffff:10.1.128.0")));
  EXPECT_FALSE(range.Contains(*Address::FromUnixPath("/x")));
  EXPECT_FALSE(range.Contains(Address()));
}

TEST(Cidr, EveryPrefixLengthSplitsWhereItShould) {
  for (uint32_t bits = 0; bits <= 128; ++bits) {
    const Cidr range = Cidr::From("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", bits).value();
    for (uint32_t flipped = 0; flipped < 128; ++flipped) {
      sockaddr_in6 address = {};
      address.sin6_family = AF_INET6;
      std::memset(&address.sin6_addr, 0xff, 16);
      address.sin6_addr.s6_addr[flipped / 8] ^= static_cast<uint8_t>(0x80 >> (flipped % 8));
      ASSERT_EQ(range.Contains(
                    Address::FromSockaddr(reinterpret_cast<sockaddr*>(&address), sizeof(address))),
                flipped >= bits)
          << bits << " " << flipped;
    }
  }
}

TEST(Cidr, ClearsTheBitsBehindThePrefix) {
  EXPECT_EQ(Cidr::Parse("10.1.2.3/8")->text(), "10.0.0.0/8");
  EXPECT_EQ(Cidr::Parse("10.1.2.3/0")->text(), "0.0.0.0/0");
  EXPECT_EQ(Cidr::Parse("10.1.2.3/32")->text(), "10.1.2.3/32");
  EXPECT_EQ(Cidr::Parse("2001:db8::1/33")->text(), "2001:db8::/33");
}

TEST(Cidr, RefusesWhatIsNoRange) {
  for (absl::string_view bad :
       {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+1",
        "10.0.0.0/ 8", "10.0.0/8", "/8", "10.0.0.0/8/8", "10.0.0.0/4294967304"}) {
    EXPECT_FALSE(Cidr::Parse(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace sluice
