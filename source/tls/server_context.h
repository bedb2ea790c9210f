// ServerTlsContext: TLS of accepted connections: which certificate a client gets, ALPN, client
// certificates, stapling, and how sessions are resumed. Const once made; shared by all workers.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "openssl/base.h"
#include "source/tls/server_name.h"
#include "source/tls/tls_config.h"
#include "source/tls/tls_context.h"

namespace sluice {

class ServerTlsContext {
 public:
  // Null when anything is wrong; it is in `errors` then. Main thread.
  static std::unique_ptr<const ServerTlsContext> Make(const ServerTlsConfig& config,
                                                      const TlsStats& stats, TlsLoadErrors& errors);

  const TlsContext& common() const { return *common_; }

 private:
  // RFC 5077 section 4, as Envoy cuts it: name, HMAC-SHA256 key, AES-256 key.
  struct TicketKey {
    std::array<uint8_t, 16> name;
    std::array<uint8_t, 32> hmac;
    std::array<uint8_t, 32> aes;
  };
  enum class Staple : uint8_t { kNotAsked, kGiven, kOmitted, kRefused };
  // What the client can do, of what matters for choosing.
  struct ClientSkills;

  explicit ServerTlsContext(const ServerTlsConfig& config)
      : ocsp_policy_(config.ocsp_policy), full_scan_(config.full_scan_on_name_mismatch) {}
  bool CheckStaples(const ServerTlsConfig& config, TlsLoadErrors& errors) const;
  bool LoadTicketKeys(const ServerTlsConfig& config, TlsLoadErrors& errors);
  void SetAlpn(const std::vector<std::string>& protocols);
  void SetClientCertificates(const ServerTlsConfig& config);
  void SetResumption(const ServerTlsConfig& config);
  void SetSessionIdContext(const ServerTlsConfig& config);

  // All on a worker, called by BoringSSL.
  bool ChooseCertificate(const SSL_CLIENT_HELLO& hello) const;
  const std::vector<uint16_t>& CandidatesFor(const SSL* ssl) const;
  Staple StapleOf(const Certificate& certificate, const ClientSkills& skills, WallTime now) const;
  int ChooseProtocol(const uint8_t** chosen, uint8_t* chosen_size, const uint8_t* offered,
                     unsigned offered_size) const;
  int UseTicketKey(uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
                   int encrypt) const;
  static const ServerTlsContext& Of(const SSL* ssl);

  std::unique_ptr<TlsContext> common_;
  const OcspPolicy ocsp_policy_;
  const bool full_scan_;
  std::vector<uint8_t> alpn_;  // RFC 7301 section 3.1: each name after its length
  ServerNames names_;
  std::vector<uint16_t> all_certificates_;
  std::vector<uint16_t> default_certificate_ = {0};
  std::vector<TicketKey> ticket_keys_;  // the first encrypts
};

}  // namespace sluice
