// Registry: which extensions the program has, by the type URL of their configuration (names do not
// count, as control planes choose them freely). Filled by explicit calls in main; read-only
// afterwards.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "source/config/field_scope.h"
#include "source/event/warm_gate.h"
#include "source/net/transport_factory.h"
#include "source/route/filter_settings.h"
#include "source/sdk/downstream.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/listener_filter.h"
#include "source/sdk/process_facts.h"
#include "source/sdk/request_handler.h"
#include "source/stats/registry.h"

namespace sluice {

// What a configured extension may need beside its message. Lives for the call.
struct ExtensionContext {
  StatsRegistry& stats;
  // Of its place, with a dot: "http.ingress.", "listener.0.0.0.0_443.", "cluster.app.".
  std::string stat_prefix;
  // Where a parser leaves word of what it has to fetch before its factory can serve. Null: nothing
  // can be waited for here, and what would have to be fetched is an error.
  WarmGate* gate = nullptr;
  const ProcessFacts* process = nullptr;  // null in tests that do without
  // Of what sends requests to hosts: :scheme is to say how the host is reached
  // (scheme_header_transformation.match_upstream).
  bool scheme_matches_upstream = false;
};

// Parsers report to the scope and return null when the configuration is no good. The message is of
// the type the parser was registered for.
template <class Factory>
using ExtensionParser = std::function<std::unique_ptr<const Factory>(
    const google::protobuf::Message& config, const ExtensionContext& context,
    const FieldScope& scope)>;
using HttpFilterParser = ExtensionParser<HttpFilterFactory>;
using RequestHandlerParser = ExtensionParser<RequestHandlerFactory>;
using DownstreamParser = ExtensionParser<DownstreamFactory>;
using ListenerFilterParser = ExtensionParser<ListenerFilterFactory>;
using ServerTransportParser = ExtensionParser<ServerTransportFactory>;
using ClientTransportParser = ExtensionParser<ClientTransportFactory>;

class Registry {
 public:
  // `full_name` is the protobuf name, "envoy.extensions.filters.http.router.v3.Router".
  void AddHttpFilter(absl::string_view full_name, HttpFilterParser parser) {
    http_filters_[std::string(full_name)] = std::move(parser);
  }
  // What routes say to filters, by the message that they say it in: FilterContext::settings.
  void AddFilterSettings(absl::string_view full_name, FilterSettingsParser parser) {
    filter_settings_[std::string(full_name)] = std::move(parser);
  }
  void AddRequestHandler(absl::string_view full_name, RequestHandlerParser parser) {
    request_handlers_[std::string(full_name)] = std::move(parser);
  }
  void AddDownstream(absl::string_view full_name, DownstreamParser parser) {
    downstreams_[std::string(full_name)] = std::move(parser);
  }
  void AddListenerFilter(absl::string_view full_name, ListenerFilterParser parser) {
    listener_filters_[std::string(full_name)] = std::move(parser);
  }
  void AddServerTransport(absl::string_view full_name, ServerTransportParser parser) {
    server_transports_[std::string(full_name)] = std::move(parser);
  }
  void AddClientTransport(absl::string_view full_name, ClientTransportParser parser) {
    client_transports_[std::string(full_name)] = std::move(parser);
  }

  // Null: no such extension in this program.
  const HttpFilterParser* FindHttpFilter(absl::string_view full_name) const {
    return Find(http_filters_, full_name);
  }
  const RequestHandlerParser* FindRequestHandler(absl::string_view full_name) const {
    return Find(request_handlers_, full_name);
  }
  const DownstreamParser* FindDownstream(absl::string_view full_name) const {
    return Find(downstreams_, full_name);
  }
  const ListenerFilterParser* FindListenerFilter(absl::string_view full_name) const {
    return Find(listener_filters_, full_name);
  }
  const ServerTransportParser* FindServerTransport(absl::string_view full_name) const {
    return Find(server_transports_, full_name);
  }
  const ClientTransportParser* FindClientTransport(absl::string_view full_name) const {
    return Find(client_transports_, full_name);
  }
  const FilterSettingsParsers& filter_settings() const { return filter_settings_; }
  // For hints and /server_info: every name of every kind, sorted.
  std::vector<std::string> Names() const;

 private:
  template <class Map>
  static const typename Map::mapped_type* Find(const Map& map, absl::string_view name) {
    const auto at = map.find(std::string(name));
    return at == map.end() ? nullptr : &at->second;
  }
  absl::btree_map<std::string, HttpFilterParser> http_filters_;
  FilterSettingsParsers filter_settings_;
  absl::btree_map<std::string, RequestHandlerParser> request_handlers_;
  absl::btree_map<std::string, DownstreamParser> downstreams_;
  absl::btree_map<std::string, ListenerFilterParser> listener_filters_;
  absl::btree_map<std::string, ServerTransportParser> server_transports_;
  absl::btree_map<std::string, ClientTransportParser> client_transports_;
};

}  // namespace sluice
