#include "test/scenario/tls_setup.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice {
namespace {

constexpr absl::string_view kType =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.";

std::string Inline(const std::string& pem) {
  return absl::StrCat("{ inline_string: \"", absl::StrReplaceAll(pem, {{"\n", "\\n"}}), "\" }");
}

// `yaml`'s lines, indented.
std::string Indented(const std::string& yaml, int spaces) {
  if (yaml.empty()) return "";
  const std::string indent(spaces, ' ');
  return absl::StrCat(indent, absl::StrReplaceAll(yaml, {{"\n", absl::StrCat("\n", indent)}}),
                      "\n");
}

std::string Socket(absl::string_view context, const std::string& more, const std::string& common) {
  return absl::StrCat("transport_socket:\n  name: tls\n  typed_config:\n    \"@type\": ", kType,
                      context, "\n", Indented(more, 4), "    common_tls_context:\n",
                      "      tls_params: {}\n", Indented(common, 6));
}

}  // namespace

TlsSetup::TlsSetup()
    : authority(MakeCertificate({.common_name = "authority", .is_authority = true})),
      proxy(MakeCertificate({.common_name = "proxy",
                             .sans = {"DNS:a.test", "URI:spiffe://proxy"},
                             .issuer = &authority})),
      host(MakeCertificate(
          {.common_name = "host", .sans = {"DNS:host.test", "DNS:a.test"}, .issuer = &authority})),
      client(MakeCertificate({.common_name = "client",
                              .sans = {"URI:spiffe://client", "DNS:client.test"},
                              .issuer = &authority})),
      stranger(MakeCertificate({.common_name = "stranger"})) {}

std::string TlsSetup::Show(const TestCertificate& certificate) {
  return absl::StrCat("tls_certificates:\n- certificate_chain: ", Inline(certificate.pem),
                      "\n  private_key: ", Inline(certificate.key_pem));
}

std::string TlsSetup::Trust() const {
  return absl::StrCat("validation_context: { trusted_ca: ", Inline(authority.pem), " }");
}

std::string TlsSetup::Downstream(const std::string& more, const std::string& common) const {
  return Socket("DownstreamTlsContext", more,
                absl::StrCat(Show(proxy), "\nalpn_protocols: [h2, http/1.1]",
                             common.empty() ? "" : "\n", common));
}

std::string TlsSetup::Upstream(const std::string& more, const std::string& common) const {
  return Socket("UpstreamTlsContext", more.empty() ? "sni: host.test" : more,
                absl::StrCat(Trust(), common.empty() ? "" : "\n", common));
}

void TlsSetup::LayClients(ProxyFixture& proxy, const std::vector<std::string>& alpn,
                          const TestCertificate* certificate, const std::string& server_name) {
  client_options_.alpn = alpn;
  client_options_.certificate = certificate;
  client_options_.server_name = server_name;
  proxy.world().memory().LayOver(proxy.listener_address(), [this] {
    return std::make_unique<TlsLayer>(TlsPeer::Role::kClient, client_options_, clients);
  });
}

void TlsSetup::LayHost(ProxyFixture& proxy, const std::vector<std::string>& alpn, AskClient ask) {
  host_options_.alpn = alpn;
  host_options_.certificate = &host;
  host_options_.ask_for_certificate = ask == AskClient::kYes;
  proxy.world().memory().LayOver(ProxyFixture::HostAddress(0, 0), [this] {
    return std::make_unique<TlsLayer>(TlsPeer::Role::kServer, host_options_, hosts);
  });
}

}  // namespace sluice
