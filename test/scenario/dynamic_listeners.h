// DynamicListeners: what scenarios of listener updates share: a proxy, and one listener, "web",
// that comes and changes while it runs.
//
// It listens at 10.8.8.8:80 and, where a test says so, at :81. A chain answers requests from the
// cluster "users" and says in the `server` header which edition of itself it is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {

class DynamicListeners : public testing::Test {
 protected:
  using Listener = envoy::config::listener::v3::Listener;

  struct Chain {
    std::string name;
    std::string edition = "1";
    uint16_t port = 0;    // that it asks for; 0: any
    std::string manager;  // fields of its connection manager, in YAML
  };

  void Start(uint32_t workers = 1) {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(),
                                            ProxyOptions{.workers = workers, .log = ""});
  }
  void TearDown() override {
    clients_.clear();
    if (proxy_ != nullptr) proxy_->End();
  }

  static Address At(uint16_t port) { return *Address::FromIp("10.8.8.8", port); }
  ProxyFixture& proxy() { return *proxy_; }
  ListenerSet& listeners() { return proxy_->core().listeners(); }

  // `fields`: further ones of the listener, in YAML.
  static Listener Make(const std::vector<Chain>& chains, const std::string& fields = "",
                       uint16_t port = 80, const std::string& name = "web") {
    std::string yaml = absl::StrCat(
        "static_resources:\n  listeners:\n  - name: ", name,
        "\n    address: { socket_address: { address: 10.8.8.8, port_value: ", port, " } }\n");
    if (!fields.empty()) absl::StrAppend(&yaml, "    ", fields, "\n");
    yaml += "    filter_chains:\n";
    for (const Chain& chain : chains) yaml += ChainYaml(chain);
    SourceLines lines;
    ConfigErrors errors(&lines);
    envoy::config::bootstrap::v3::Bootstrap bootstrap;
    LoadConfig({.yaml = yaml}, {}, bootstrap, lines, errors);
    EXPECT_TRUE(errors.empty()) << errors.ToString() << yaml;
    return errors.empty() ? bootstrap.static_resources().listeners(0) : Listener();
  }

  // The errors, too, are in refused_.
  ListenerChange Set(const Listener& listener, const std::string& version) {
    ConfigErrors errors;
    const ListenerChange change =
        listeners().Set(listener, version, ListenerOrigin::kDynamic, FieldScope(errors, "l"));
    refused_ = errors.ToString();
    proxy_->Run();
    return change;
  }
  ListenerChange Set(const std::vector<Chain>& chains, const std::string& version) {
    return Set(Make(chains), version);
  }

  H1Client& Client(uint16_t port = 80) {
    clients_.push_back(std::make_unique<H1Client>(proxy_->world(), At(port)));
    return *clients_.back();
  }
  // The edition of the chain that answers the next request of this client; "": nobody does.
  std::string Ask(H1Client& client) {
    const size_t before = client.responses().size();
    client.Get("/");
    proxy_->Run();
    if (client.responses().size() == before) return "";
    return std::string(client.response(before).header("server").value_or(""));
  }
  std::vector<ConnectionView> Connections() {
    std::vector<ConnectionView> views;
    listeners().CollectConnections(
        [&views](std::vector<ConnectionView> all) { views = std::move(all); });
    proxy_->Run();
    return views;
  }
  int64_t Stat(const std::string& name) { return proxy_->Stat("listener_manager." + name); }

  std::unique_ptr<ProxyFixture> proxy_;
  std::vector<std::unique_ptr<H1Client>> clients_;
  std::string refused_;

 private:
  static std::string ChainYaml(const Chain& chain) {
    const std::string match =
        chain.port == 0 ? "{}" : absl::StrCat("{ destination_port: ", chain.port, " }");
    return absl::StrCat(
        "    - name: ", chain.name, "\n      filter_chain_match: ", match,
        "\n      filters:\n      - name: manager\n        typed_config:\n          \"@type\": "
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
        "HttpConnectionManager\n          stat_prefix: test\n          server_name: \"",
        chain.edition, "\"\n", chain.manager.empty() ? "" : "          " + chain.manager + "\n",
        "          route_config:\n            virtual_hosts:\n            - name: all\n"
        "              domains: [\"*\"]\n              routes:\n"
        "              - match: { prefix: / }\n                route: { cluster: users, timeout: "
        "0s }\n"
        "          http_filters:\n          - name: router\n            typed_config: { \"@type\": "
        "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n");
  }
};

}  // namespace sluice
