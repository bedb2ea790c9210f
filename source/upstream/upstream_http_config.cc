#include "source/upstream/upstream_http_config.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/protocol.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"
#include "source/http/http2_options_config.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;
using UpstreamOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;

constexpr absl::string_view kUpstreamOptions =
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
constexpr absl::string_view kNoHttp3 = "upstreams are spoken to in HTTP/1.1 or HTTP/2";

void ParseCommon(const core::HttpProtocolOptions& options, const FieldScope& scope,
                 ClusterSettings& settings) {
  settings.idle_timeout = DurationOr(options, "idle_timeout", settings.idle_timeout, scope);
  settings.connection_duration_max =
      DurationOr(options, "max_connection_duration", settings.connection_duration_max, scope);
  settings.requests_per_connection_max =
      UInt32Or(options, "max_requests_per_connection", settings.requests_per_connection_max, scope);
  settings.codec_limits.headers_count_max =
      UInt32Or(options, "max_headers_count",
               static_cast<uint32_t>(settings.codec_limits.headers_count_max), scope, {.min = 1});
  // Of the same message, but for the downstream side only.
  if (options.has_max_stream_duration()) {
    scope.At("max_stream_duration")
        .Error("has no effect on upstream connections", "set the route's max_stream_duration");
  }
  if (options.headers_with_underscores_action() != core::HttpProtocolOptions::ALLOW) {
    scope.At("headers_with_underscores_action")
        .Error("has no effect on upstream connections", "set it in the HTTP connection manager");
  }
}

void ParseHttp1(const core::Http1ProtocolOptions& options, ClusterSettings& settings) {
  settings.http1.enable_trailers = options.enable_trailers();
  settings.http1.allow_chunked_length = options.allow_chunked_length();
  settings.http1.proper_case_names = options.header_key_format().has_proper_case_words();
}

// explicit_http_config, use_downstream_protocol_config and auto_config have the same fields.
template <class Protocols>
void ParseProtocols(const Protocols& protocols, const FieldScope& scope,
                    ClusterSettings& settings) {
  if (protocols.has_http3_protocol_options())
    scope.At("http3_protocol_options").Error("has no effect", kNoHttp3);
  if (protocols.has_http_protocol_options())
    ParseHttp1(protocols.http_protocol_options(), settings);
  if (protocols.has_http2_protocol_options()) {
    settings.http2 =
        ParseHttp2Options(protocols.http2_protocol_options(), scope.At("http2_protocol_options"));
  }
}

// upstream_http_protocol_options.
void ParseServerName(const core::UpstreamHttpProtocolOptions& options, const FieldScope& scope,
                     ClusterSettings& settings) {
  settings.auto_sni = options.auto_sni();
  settings.auto_san_validation = options.auto_san_validation();
  settings.auto_sni_header = absl::AsciiStrToLower(options.override_auto_sni_header());
}

void ParseOptions(const UpstreamOptions& options, const FieldScope& scope, const ClusterSpec& spec,
                  ClusterSettings& settings) {
  ParseCommon(options.common_http_protocol_options(), scope.At("common_http_protocol_options"),
              settings);
  if (options.has_upstream_http_protocol_options()) {
    ParseServerName(options.upstream_http_protocol_options(),
                    scope.At("upstream_http_protocol_options"), settings);
  }
  switch (options.upstream_protocol_options_case()) {
    case UpstreamOptions::kExplicitHttpConfig:
      ParseProtocols(options.explicit_http_config(), scope.At("explicit_http_config"), settings);
      settings.protocol = options.explicit_http_config().has_http2_protocol_options()
                              ? UpstreamProtocol::kHttp2
                              : UpstreamProtocol::kHttp1;
      break;
    case UpstreamOptions::kUseDownstreamProtocolConfig:
      ParseProtocols(options.use_downstream_protocol_config(),
                     scope.At("use_downstream_protocol_config"), settings);
      settings.protocol = UpstreamProtocol::kUseDownstream;
      break;
    case UpstreamOptions::kAutoConfig:
      ParseProtocols(options.auto_config(), scope.At("auto_config"), settings);
      settings.protocol = UpstreamProtocol::kAuto;
      // Envoy too: there is nobody to agree with.
      if (!EveryTransport(spec)) {
        scope.At("auto_config").Error("needs TLS with ALPN", "give the cluster a transport_socket");
      }
      break;
    case UpstreamOptions::UPSTREAM_PROTOCOL_OPTIONS_NOT_SET:
      scope.Error("must say which protocol to speak",
                  "explicit_http_config { http_protocol_options {} }");
      break;
  }
}

// The fields that HttpProtocolOptions replaces; existing configurations use them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void ParseDeprecated(const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope,
                     ClusterSettings& settings) {
  settings.requests_per_connection_max = UInt32Or(cluster, "max_requests_per_connection", 0, scope);
  ParseCommon(cluster.common_http_protocol_options(), scope.At("common_http_protocol_options"),
              settings);
  if (cluster.has_http_protocol_options()) ParseHttp1(cluster.http_protocol_options(), settings);
  if (cluster.has_http2_protocol_options()) {
    settings.http2 =
        ParseHttp2Options(cluster.http2_protocol_options(), scope.At("http2_protocol_options"));
    settings.protocol = UpstreamProtocol::kHttp2;
  }
  if (cluster.protocol_selection() == envoy::config::cluster::v3::Cluster::USE_DOWNSTREAM_PROTOCOL)
    settings.protocol = UpstreamProtocol::kUseDownstream;
  if (cluster.has_upstream_http_protocol_options()) {
    ParseServerName(cluster.upstream_http_protocol_options(),
                    scope.At("upstream_http_protocol_options"), settings);
  }
}
#pragma GCC diagnostic pop

}  // namespace

void ParseUpstreamHttp(const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope,
                       const ClusterSpec& spec, ClusterSettings& settings) {
  settings.http2.allow_connect = false;       // as a client it has no say
  ParseDeprecated(cluster, scope, settings);  // first: what replaces a field wins over it
  for (const auto& [name, any] : cluster.typed_extension_protocol_options()) {
    const FieldScope field = scope.AtKey("typed_extension_protocol_options", name);
    if (name != kUpstreamOptions) {
      field.Error("unknown protocol options", kUpstreamOptions);
      continue;
    }
    const std::optional<UpstreamOptions> options = Unpack<UpstreamOptions>(any, field);
    if (options.has_value()) ParseOptions(*options, field, spec, settings);
  }
}

}  // namespace sluice
