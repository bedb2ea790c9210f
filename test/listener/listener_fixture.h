// What the tests of listeners share: a registry with a downstream that writes down what it reads,
// and a listener made from text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "source/accesslog/access_log_config.h"
#include "source/config/config_errors.h"
#include "source/listener/listener_config.h"
#include "source/listener/worker_listener.h"
#include "source/sdk/registry.h"
#include "test/harness/recording_downstream.h"
#include "test/harness/sim_world.h"

namespace sluice {

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    registry_.AddDownstream(
        "google.protobuf.StringValue", [this](const google::protobuf::Message& message,
                                              const ExtensionContext&, const FieldScope&) {
          return std::make_unique<RecordingDownstreamFactory>(
              static_cast<const google::protobuf::StringValue&>(message).value(), taken_);
        });
  }

  void TearDown() override {
    listener_.reset();
    world_.RunUntilIdle();
  }

  // Text of a chain whose connections are written down under `label`.
  static std::string Filters(const std::string& label) {
    return absl::StrCat(
        "name: '", label,
        "' filters { name: 'f' typed_config { [type.googleapis.com/google.protobuf.StringValue] { "
        "value: '",
        label, "' } } } ");
  }
  static std::string Chain(const std::string& label, const std::string& match = "",
                           const std::string& fields = "") {
    return absl::StrCat("filter_chains { ", Filters(label), "filter_chain_match { ", match, " } ",
                        fields, " } ");
  }

  // `fields`: all but the address.
  std::shared_ptr<const ListenerConfig> Parse(const std::string& fields, std::string* errors) {
    envoy::config::listener::v3::Listener proto;
    const std::string address =
        "address { socket_address { address: '10.9.9.9' port_value: 80 } } ";
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(address + fields, &proto)) << fields;
    ConfigErrors collected;
    auto config =
        ParseListener(proto, {registry_, world_.stats(), access_logs_}, FieldScope(collected, "l"));
    *errors = collected.ToString();
    EXPECT_EQ(config == nullptr, !errors->empty());
    return config;
  }
  void Start(const std::string& fields) {
    std::string errors;
    auto config = Parse(fields, &errors);
    ASSERT_EQ(errors, "");
    auto socket =
        world_.network().Listen(world_.worker().loop.poller(), config->address, config->listen);
    ASSERT_TRUE(socket.ok());
    listener_ = std::make_unique<WorkerListener>(
        world_.worker(), config, WorkerListener::Place{.socket = std::move(*socket)});
    listener_->Start();
  }
  std::unique_ptr<MemoryPeer> Dial() {
    auto peer = world_.memory().Dial(*Address::FromIp("10.9.9.9", 80));
    world_.RunUntilIdle();
    return peer;
  }
  int64_t Stat(const std::string& name) {
    return world_.stats().Value("listener.10.9.9.9_80." + name);
  }

  SimWorld world_{{.workers = 2}};
  Registry registry_;
  AccessLogFactory access_logs_{{&world_.worker(0), &world_.worker(1)}, world_.main()};
  TakenLog taken_;
  std::unique_ptr<WorkerListener> listener_;
};

}  // namespace sluice
