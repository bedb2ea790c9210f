#include "source/tls/tls_context_config.h"

#include <utility>

#include "absl/strings/strip.h"
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

void ReadResumption(const pb::DownstreamTlsContext& proto, ContextSecrets& secrets,
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
        secrets.Find(proto.session_ticket_keys_sds_secret_config(), reference);
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

// Certificates of ours, whether they have come or not.
int CertificatesOf(const pb::CommonTlsContext& proto) {
  return proto.tls_certificates_size() + proto.tls_certificate_sds_secret_configs_size();
}

ServerTlsConfig ReadServerTls(const pb::DownstreamTlsContext& proto, ContextSecrets& secrets,
                              const FieldScope& scope) {
  const size_t before = scope.errors().size();
  ServerTlsConfig config;
  const FieldScope common = scope.At("common_tls_context");
  ReadCommonTls(proto.common_tls_context(), secrets, common, config.common);
  config.require_client_certificate = proto.require_client_certificate().value();
  ReadResumption(proto, secrets, scope, config);
  config.ocsp_policy = PolicyOf(proto);
  config.full_scan_on_name_mismatch = BoolOr(proto, "full_scan_certs_on_sni_mismatch", false);
  if (CertificatesOf(proto.common_tls_context()) == 0 && scope.errors().size() == before) {
    common.At("tls_certificates").Error("is required: a server needs a certificate");
  }
  return config;
}

ClientTlsConfig ReadClientTls(const pb::UpstreamTlsContext& proto, ContextSecrets& secrets,
                              const FieldScope& scope) {
  ClientTlsConfig config;
  const FieldScope common = scope.At("common_tls_context");
  ReadCommonTls(proto.common_tls_context(), secrets, common, config.common);
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
    const bool checks_chain =
        config.common.verify.has_value() && config.common.verify->checks_chain();
    if (!checks_chain && !secrets.withholds()) {
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
  if (CertificatesOf(proto.common_tls_context()) > 1) {
    common.At("tls_certificates")
        .Error("has more than one certificate", "a client presents one at most");
  }
  return config;
}

// Everything that the context is made of, and the directories that are watched beside it.
std::vector<std::string> PathsOf(std::vector<std::string> files, const CommonTlsConfig& common) {
  files.insert(files.begin(), common.watched_directories.begin(), common.watched_directories.end());
  return files;
}

// What reading has found wrong, in the terms of loading.
void AddErrors(const ConfigErrors& found, TlsLoadErrors& errors) {
  for (const ConfigError& error : found.errors()) {
    errors.push_back({error.path, error.message, error.hint});
  }
}

// Before secrets have come: what is configured beside them must be good.
void CheckWithoutSecrets(const CommonTlsConfig& common, TlsLoadErrors& errors) {
  for (const CertificateConfig& certificate : common.certificates) {
    Certificate::Load(certificate, errors);
  }
  if (common.verify.has_value()) PeerVerifier::Load(*common.verify, errors);
}

// The context and its watches, once the configuration has been read for the first time.
template <class Context>
std::unique_ptr<ReloadedContext<Context>> MakeReloaded(
    const TlsParts& parts, ContextSecrets& secrets, const CommonTlsConfig& common,
    const TlsStats& stats, TlsFactoryStats::Side side, typename ReloadedContext<Context>::Make make,
    const FieldScope& scope) {
  secrets.EndFirstPass();
  TlsLoadErrors errors;
  MadeContext<Context> first;
  if (secrets.complete()) {
    first = make(errors);
  } else {
    CheckWithoutSecrets(common, errors);
  }
  Report(errors, scope);
  if (!errors.empty()) return nullptr;
  const bool has_one = first.context != nullptr;
  auto context = std::make_unique<ReloadedContext<Context>>(
      parts.world, std::string(absl::StripSuffix(parts.stat_prefix, ".")), stats,
      TlsFactoryStats(parts.stats, parts.stat_prefix, side), std::move(make),
      std::move(first.context));
  if (const absl::Status status = context->Watch(first.paths); !status.ok()) {
    scope.At("common_tls_context").Error(status.message());
    return nullptr;
  }
  secrets.WhenChanged(has_one, [context = context.get()] { return context->MakeAgain(); });
  return context;
}

}  // namespace

std::unique_ptr<const ServerTransportFactory> ParseServerTls(const pb::DownstreamTlsContext& proto,
                                                             const TlsParts& parts,
                                                             const FieldScope& scope) {
  const size_t before = scope.errors().size();
  auto secrets = std::make_unique<ContextSecrets>(parts.secrets, parts.world.main, parts.gate);
  const ServerTlsConfig config = ReadServerTls(proto, *secrets, scope);
  if (scope.errors().size() != before) return nullptr;
  const TlsStats stats(parts.stats, parts.stat_prefix);
  ContextSecrets& asked = *secrets;
  auto context = MakeReloaded<ServerTlsContext>(
      parts, asked, config.common, stats, TlsFactoryStats::Side::kServer,
      [proto, secrets = std::move(secrets),
       stats](TlsLoadErrors& errors) -> MadeContext<ServerTlsContext> {
        ConfigErrors found;
        const ServerTlsConfig now = ReadServerTls(proto, *secrets, FieldScope(found));
        AddErrors(found, errors);
        if (!errors.empty()) return {};
        return {ServerTlsContext::Make(now, stats, errors), PathsOf(now.Files(), now.common)};
      },
      scope);
  if (context == nullptr) return nullptr;
  return std::make_unique<ServerTlsFactory>(parts.world.main.loop, std::move(context));
}

std::unique_ptr<const ClientTransportFactory> ParseClientTls(const pb::UpstreamTlsContext& proto,
                                                             const TlsParts& parts,
                                                             const FieldScope& scope) {
  const size_t before = scope.errors().size();
  auto secrets = std::make_unique<ContextSecrets>(parts.secrets, parts.world.main, parts.gate);
  const ClientTlsConfig config = ReadClientTls(proto, *secrets, scope);
  if (scope.errors().size() != before) return nullptr;
  const TlsStats stats(parts.stats, parts.stat_prefix);
  ContextSecrets& asked = *secrets;
  const uint32_t threads = parts.world.workers.size() + 1;
  auto context = MakeReloaded<ClientTlsContext>(
      parts, asked, config.common, stats, TlsFactoryStats::Side::kClient,
      [proto, secrets = std::move(secrets), stats,
       threads](TlsLoadErrors& errors) -> MadeContext<ClientTlsContext> {
        ConfigErrors found;
        const ClientTlsConfig now = ReadClientTls(proto, *secrets, FieldScope(found));
        AddErrors(found, errors);
        if (!errors.empty()) return {};
        return {ClientTlsContext::Make(now, threads, stats, errors),
                PathsOf(now.common.Files(), now.common)};
      },
      scope);
  if (context == nullptr) return nullptr;
  return std::make_unique<ClientTlsFactory>(parts.world.main.loop, std::move(context),
                                            config.server_name, config.host_name_first);
}

}  // namespace sluice
