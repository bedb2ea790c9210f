#include "source/tls/tls_context_config.h"

#include <utility>

#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/proto_fields.h"
#include "source/tls/common_tls_config.h"
#include "source/tls/tls_factory.h"

namespace sluice {
namespace {

namespace pb = envoy::extensions::transport_sockets::tls::v3;

constexpr size_t kServerNameBytesMax = 255;  // RFC 1035

void Report(const TlsLoadErrors& errors, const FieldScope& scope) {
  for (const TlsLoadError& error : errors) {
    scope.At(error.field).Error(error.message, error.hint);
  }
}

void ReadResumption(const pb::DownstreamTlsContext& proto, const StaticSecrets& secrets,
                    const FieldScope& scope, ServerTlsConfig& config) {
  config.stateless_resumption = !proto.disable_stateless_session_resumption();
  config.stateful_resumption = !proto.disable_stateful_session_resumption();
  config.session_timeout = OptionalDuration(proto, "session_timeout", scope);
  if (proto.has_session_ticket_keys()) {
    config.ticket_keys_field = "session_ticket_keys";
    ReadTicketKeys(proto.session_ticket_keys(), scope.At("session_ticket_keys"), config);
  } else if (proto.has_session_ticket_keys_sds_secret_config()) {
    config.ticket_keys_field = "session_ticket_keys_sds_secret_config.session_ticket_keys";
    const FieldScope reference = scope.At("session_ticket_keys_sds_secret_config");
    const pb::Secret* secret =
        FindSecret(proto.session_ticket_keys_sds_secret_config(), secrets, reference);
    if (secret == nullptr) return;
    if (!secret->has_session_ticket_keys()) {
      return reference.At("name").Error("names a secret that holds no session_ticket_keys");
    }
    ReadTicketKeys(secret->session_ticket_keys(), reference, config);
  }
}

OcspPolicy PolicyOf(const pb::DownstreamTlsContext& proto) {
  switch (proto.ocsp_staple_policy()) {
    case pb::DownstreamTlsContext::STRICT_STAPLING:
      return OcspPolicy::kStrict;
    case pb::DownstreamTlsContext::MUST_STAPLE:
      return OcspPolicy::kMustStaple;
    default:
      return OcspPolicy::kLenient;
  }
}

}  // namespace

std::unique_ptr<const ServerTransportFactory> ParseServerTls(
    const pb::DownstreamTlsContext& proto, const StaticSecrets& secrets, const TlsWorld& world,
    StatsRegistry& stats, const std::string& stat_prefix, const FieldScope& scope) {
  const size_t before = scope.errors().size();
  ServerTlsConfig config;
  ReadCommonTls(proto.common_tls_context(), secrets, scope.At("common_tls_context"), config.common);
  config.require_client_certificate = proto.require_client_certificate().value();
  ReadResumption(proto, secrets, scope, config);
  config.ocsp_policy = PolicyOf(proto);
  config.full_scan_on_name_mismatch = BoolOr(proto, "full_scan_certs_on_sni_mismatch", false);
  if (config.common.certificates.empty() && scope.errors().size() == before) {
    scope.At("common_tls_context.tls_certificates")
        .Error("is required: a server needs a certificate");
  }
  if (scope.errors().size() != before) return nullptr;
  TlsLoadErrors errors;
  auto factory = ServerTlsFactory::Make(config, world, stats, stat_prefix, errors);
  Report(errors, scope);
  return factory;
}

std::unique_ptr<const ClientTransportFactory> ParseClientTls(
    const pb::UpstreamTlsContext& proto, const StaticSecrets& secrets, const TlsWorld& world,
    StatsRegistry& stats, const std::string& stat_prefix, const FieldScope& scope) {
  const size_t before = scope.errors().size();
  ClientTlsConfig config;
  ReadCommonTls(proto.common_tls_context(), secrets, scope.At("common_tls_context"), config.common);
  config.server_name = proto.sni();
  if (config.server_name.size() > kServerNameBytesMax ||
      config.server_name.find('\0') != std::string::npos) {
    scope.At("sni").Error("is no server name");
  }
  config.host_name_first = proto.auto_host_sni();
  if (proto.auto_sni_san_validation()) {
    if (config.common.verify.has_value()) {
      config.common.verify->sent_name_replaces_names = true;
    }
    if (!config.common.verify.has_value() || !config.common.verify->checks_chain()) {
      scope.At("auto_sni_san_validation")
          .Error("needs a trusted authority: without one anyone's certificate has that name",
                 "common_tls_context.validation_context.trusted_ca");
    }
  }
  config.session_keys_max = UInt32Or(proto, "max_session_keys", 1, scope);
  config.enforce_rsa_key_usage = BoolOr(proto, "enforce_rsa_key_usage", false);
  if (proto.allow_renegotiation()) {
    scope.At("allow_renegotiation")
        .Error("is refused: renegotiation is a way around TLS's own protections",
               "servers that ask for certificates later are served with TLS 1.3");
  }
  if (config.common.certificates.size() > 1) {
    scope.At("common_tls_context.tls_certificates")
        .Error("has more than one certificate", "a client presents one at most");
  }
  if (scope.errors().size() != before) return nullptr;
  TlsLoadErrors errors;
  auto factory = ClientTlsFactory::Make(config, world, stats, stat_prefix, errors);
  Report(errors, scope);
  return factory;
}

}  // namespace sluice
