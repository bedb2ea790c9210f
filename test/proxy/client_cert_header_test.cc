#include "source/proxy/client_cert_header.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

constexpr absl::string_view kName = "x-forwarded-client-cert";
using Mode = ForwardClientCert;

class ClientCertHeader : public testing::Test {
 protected:
  ClientCertHeader() {
    facts_.peer_presented = true;
    facts_.local.uris = {"spiffe://here/proxy"};
    facts_.peer.sha256 = "468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688";
    facts_.peer.subject = "CN=client,OU=Lyft\\, Inc";
    facts_.peer.uris = {"spiffe://there/client", "https://there/2"};
    facts_.peer.dns_names = {"a.test", "b.test"};
    facts_.peer.pem = "-----BEGIN CERTIFICATE-----\nab+/=\n";
    facts_.peer_chain_pem = "chain\n";
  }

  // All fields of that name after the rules, each in brackets.
  std::string Apply(const ClientCertRules& rules, const std::vector<std::string>& came = {"old"}) {
    Arena arena;
    Headers request(arena);
    request.Add("a", "b");
    for (const std::string& value : came) request.Add(kName, value);
    std::string scratch = "left over";
    ApplyClientCertHeader(rules, tls_ ? &facts_ : nullptr, scratch, request);
    std::string out;
    for (const Header& header : request) {
      if (header.name == kName) out += "[" + std::string(header.value) + "]";
    }
    return out;
  }

  TlsFacts facts_;
  bool tls_ = true;
};

TEST_F(ClientCertHeader, ModesOfAMutualTlsConnection) {
  const std::string element =
      "By=spiffe://here/proxy;Hash="
      "468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688";
  EXPECT_EQ(Apply({.mode = Mode::kSanitize}), "");
  EXPECT_EQ(Apply({.mode = Mode::kForwardOnly}), "[old]");
  EXPECT_EQ(Apply({.mode = Mode::kAlwaysForwardOnly}), "[old]");
  EXPECT_EQ(Apply({.mode = Mode::kSanitizeSet}), "[" + element + "]");
  EXPECT_EQ(Apply({.mode = Mode::kAppendForward}), "[old," + element + "]");
  EXPECT_EQ(Apply({.mode = Mode::kAppendForward}, {}), "[" + element + "]");
  EXPECT_EQ(Apply({.mode = Mode::kAppendForward}, {"one", "", "two"}), "[one,two," + element + "]");
}

TEST_F(ClientCertHeader, WithoutACertificateNoClaimPasses) {
  for (const bool tls : {false, true}) {
    tls_ = tls;
    facts_.peer_presented = false;
    for (const Mode mode :
         {Mode::kSanitize, Mode::kForwardOnly, Mode::kSanitizeSet, Mode::kAppendForward}) {
      EXPECT_EQ(Apply({.mode = mode}, {"one", "two"}), "");
    }
    EXPECT_EQ(Apply({.mode = Mode::kAlwaysForwardOnly}, {"one", "two"}), "[one][two]");
  }
}

TEST_F(ClientCertHeader, DetailsInEnvoysOrder) {
  EXPECT_EQ(Apply({.mode = Mode::kSanitizeSet,
                   .subject = true,
                   .cert = true,
                   .chain = true,
                   .dns = true,
                   .uri = true}),
            "[By=spiffe://here/proxy;"
            "Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;"
            "Cert=\"-----BEGIN%20CERTIFICATE-----%0Aab%2B%2F%3D%0A\";Chain=\"chain%0A\";"
            "Subject=\"CN=client,OU=Lyft\\, Inc\";URI=spiffe://there/client;URI=https://there/2;"
            "DNS=a.test;DNS=b.test]");
}

TEST_F(ClientCertHeader, SubjectAndUriAreSaidEvenWhereThereIsNone) {
  facts_.local = facts_.peer = {};
  facts_.peer_chain_pem.clear();
  EXPECT_EQ(Apply({.mode = Mode::kSanitizeSet,
                   .subject = true,
                   .cert = true,
                   .chain = true,
                   .dns = true,
                   .uri = true}),
            "[Subject=\"\";URI=]");
}

TEST_F(ClientCertHeader, ANameCannotEndTheHeader) {
  facts_.peer.dns_names = {"a\r\nx-admin: 1", std::string("b\0c", 3)};
  EXPECT_EQ(
      Apply({.mode = Mode::kSanitizeSet, .dns = true}),
      "[By=spiffe://here/proxy;Hash=" + facts_.peer.sha256 + ";DNS=a%0D%0Ax-admin: 1;DNS=b%00c]");
}

}  // namespace
}  // namespace sluice
