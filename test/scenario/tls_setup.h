// TlsSetup: certificates and configuration of a proxy that speaks TLS on either side, and scripted
// ends that do.
#pragma once

#include <string>
#include <vector>

#include "test/harness/proxy_fixture.h"
#include "test/harness/test_certificates.h"
#include "test/harness/tls_layer.h"

namespace sluice {

class TlsSetup {
 public:
  enum class AskClient : uint8_t { kNo, kYes };
  TlsSetup();

  // Of ProxyOptions: filter_chain, and cluster. `more` are further fields of the context,
  // `common` of its common_tls_context.
  std::string Downstream(const std::string& more = "", const std::string& common = "") const;
  std::string Upstream(const std::string& more = "", const std::string& common = "") const;
  // validation_context that trusts this setup's authority.
  std::string Trust() const;
  // tls_certificates with this one.
  static std::string Show(const TestCertificate& certificate);

  // From now on clients of the proxy speak TLS, and offer these; or its first cluster's first host
  // does, and takes them.
  void LayClients(ProxyFixture& proxy, const std::vector<std::string>& alpn,
                  const TestCertificate* certificate = nullptr,
                  const std::string& server_name = "a.test");
  void LayHost(ProxyFixture& proxy, const std::vector<std::string>& alpn,
               AskClient ask = AskClient::kNo);

  TestCertificate authority, proxy, host, client, stranger;
  TlsLayerRecord clients, hosts;

 private:
  TlsPeerOptions client_options_, host_options_;
};

}  // namespace sluice
