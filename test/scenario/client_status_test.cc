// ClientStatusDiscoveryService on the admin port, asked over HTTP/1 and by gRPC over HTTP/2: what
// it says of resources that a control plane has told, and that a call goes as gRPC has it.
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "source/server/admin_listener.h"
#include "source/server/core_views.h"
#include "test/harness/h2_peer.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using envoy::service::status::v3::ClientConfig;
using envoy::service::status::v3::ClientStatusRequest;
using envoy::service::status::v3::ClientStatusResponse;
using testing::HasSubstr;
namespace admin = envoy::admin::v3;

constexpr char kFetch[] = "FetchClientStatus";
constexpr char kStream[] = "StreamClientStatus";

std::string Framed(absl::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  return absl::StrCat(std::string(1, '\0'), H2Uint32(size), message);
}

class ClientStatusTest : public testing::TestWithParam<Wire> {
 protected:
  ClientStatusTest() : proxy_(GetParam()) {
    auto listener =
        MakeAdminListener(proxy_.world().stats(), pages_, {}, proxy_.core().proxy_workers());
    listener->address = Admin();
    Address bound;
    EXPECT_TRUE(proxy_.core().ListenOnMain(std::move(listener), bound).ok());
  }
  static Address Admin() { return *Address::FromIp("10.7.7.7", 9901); }

  AdminView MakeView() {
    AdminView view{no_stats_, intervals_, {}, {}, {}, {}, {}, {}, {},
                   {},        {},         {}, {}, {}, {}, {}, {}};
    view.server = [] {
      ServerFacts facts;
      facts.node.set_id("me");
      return facts;
    };
    view.client = [this](ResourceContents contents) {
      ++answers_;
      return ShowClient(proxy_.core(), {}, WallTime(), contents);
    };
    return view;
  }

  // Over HTTP/1, of all there is.
  ClientConfig Ask() {
    H1Client client(proxy_.world(), Admin());
    client.Post("/v3/discovery:client_status", "{}");
    proxy_.Run();
    ClientStatusResponse response;
    EXPECT_EQ(client.response(0).status(), 200);
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(client.response(0).body, &response).ok());
    client.Close();
    proxy_.Run();
    return response.config_size() == 1 ? response.config(0) : ClientConfig();
  }
  // The entry of a name among them; one without a name where there is none.
  static ClientConfig::GenericXdsConfig Find(const ClientConfig& config, const ResourceType& type,
                                             const std::string& name) {
    for (const auto& entry : config.generic_xds_configs()) {
      if (entry.type_url() == type.url && entry.name() == name) return entry;
    }
    return {};
  }

  // By gRPC.
  uint32_t Call(absl::string_view method) {
    if (!client_.has_value()) client_.emplace(proxy_.world(), Admin());
    return client_->Start(
        {{":method", "POST"},
         {":scheme", "http"},
         {":authority", "admin"},
         {":path", absl::StrCat("/envoy.service.status.v3.ClientStatusDiscoveryService/", method)},
         {"content-type", "application/grpc"},
         {"te", "trailers"}},
        End::kNo);
  }
  const H2Message& Called(absl::string_view method, absl::string_view bytes) {
    const uint32_t call = Call(method);
    client_->wire().SendData(call, bytes, End::kYes);
    proxy_.Run();
    return client_->response(call);
  }
  static std::string GrpcStatus(const H2Message& response) {
    const H2Fields& fields = response.trailers.empty() ? response.head : response.trailers;
    std::string status, text;
    for (const auto& [name, value] : fields) {
      if (name == "grpc-status") status = value;
      if (name == "grpc-message") text = value;
    }
    return absl::StrCat(status, text.empty() ? "" : " ", text);
  }
  // The messages of a body.
  static std::vector<ClientStatusResponse> Messages(absl::string_view body) {
    std::vector<ClientStatusResponse> messages;
    while (body.size() >= 5) {
      size_t bytes = 0;
      for (size_t i = 1; i < 5; ++i) bytes = bytes << 8 | static_cast<uint8_t>(body[i]);
      const absl::string_view message = body.substr(5, bytes);
      EXPECT_EQ(message.size(), bytes);
      EXPECT_TRUE(
          messages.emplace_back().ParseFromArray(message.data(), static_cast<int>(message.size())));
      body.remove_prefix(5 + message.size());
    }
    return messages;
  }

  StatsRegistry no_stats_;
  HistogramIntervals intervals_;
  size_t answers_ = 0;
  AdminHandler pages_{MakeView()};  // outlives what of the proxy answers with it
  ToldProxy proxy_;
  std::optional<H2Client> client_;
};

INSTANTIATE_TEST_SUITE_P(, ClientStatusTest, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(ClientStatusTest, WhatIsInForceIsAcknowledgedWithItsVersionAndContents) {
  proxy_.Offer();
  proxy_.Start();
  const ClientConfig config = Ask();
  EXPECT_EQ(config.node().id(), "me");
  EXPECT_EQ(config.node().cluster(), "scenario");
  EXPECT_EQ(config.generic_xds_configs_size(), 4);
  for (const auto& entry : config.generic_xds_configs()) {
    EXPECT_EQ(entry.client_status(), admin::ACKED) << entry.name();
    EXPECT_NE(entry.version_info(), "") << entry.name();
    EXPECT_TRUE(entry.has_last_updated()) << entry.name();
    EXPECT_FALSE(entry.has_error_state()) << entry.name();
    EXPECT_FALSE(entry.is_static_resource()) << entry.name();
    EXPECT_EQ(entry.xds_config().type_url(), entry.type_url());
  }
  envoy::config::cluster::v3::Cluster cluster;
  EXPECT_TRUE(Find(config, kClusterType, "users").xds_config().UnpackTo(&cluster));
  EXPECT_EQ(cluster.name(), "users");
  EXPECT_EQ(Find(config, kEndpointType, "users").name(), "users");
  EXPECT_EQ(Find(config, kListenerType, "web").name(), "web");
  EXPECT_EQ(Find(config, kRouteType, "routes").name(), "routes");
}

TEST_P(ClientStatusTest, WhatWasRefusedIsShownBesideTheVersionThatServes) {
  proxy_.Offer();
  proxy_.Start();
  const std::string serving = Find(Ask(), kClusterType, "users").version_info();
  proxy_.SetCluster("users", "connect_timeout: 0s\n");
  proxy_.SetCluster("new", "connect_timeout: 0s\n");
  proxy_.Run();
  const ClientConfig config = Ask();
  const auto entry = Find(config, kClusterType, "users");
  EXPECT_EQ(entry.client_status(), admin::NACKED);
  EXPECT_EQ(entry.version_info(), serving);
  EXPECT_THAT(entry.error_state().details(), HasSubstr("connect_timeout"));
  EXPECT_NE(entry.error_state().version_info(), serving);
  EXPECT_TRUE(entry.error_state().has_last_update_attempt());
  envoy::config::cluster::v3::Cluster serves, failed;
  EXPECT_TRUE(entry.xds_config().UnpackTo(&serves));
  EXPECT_FALSE(serves.has_connect_timeout());
  EXPECT_TRUE(entry.error_state().failed_configuration().UnpackTo(&failed));
  EXPECT_TRUE(failed.has_connect_timeout());
  const auto never = Find(config, kClusterType, "new");
  EXPECT_EQ(never.client_status(), admin::NACKED);
  EXPECT_EQ(never.version_info(), "");
  EXPECT_FALSE(never.has_xds_config());
  EXPECT_TRUE(never.error_state().has_failed_configuration());
}

TEST_P(ClientStatusTest, WhatIsWaitedForIsRequestedAndThenDoesNotExist) {
  proxy_.Hold(kRouteType);
  proxy_.Hold(kEndpointType);
  proxy_.Offer();
  proxy_.Start();
  EXPECT_EQ(Find(Ask(), kEndpointType, "users").client_status(), admin::REQUESTED);
  proxy_.Tell(kEndpointType);
  proxy_.Run();
  ClientConfig config = Ask();
  EXPECT_EQ(Find(config, kEndpointType, "users").client_status(), admin::ACKED);
  const auto awaited = Find(config, kRouteType, "routes");
  EXPECT_EQ(awaited.client_status(), admin::REQUESTED);
  EXPECT_EQ(awaited.version_info(), "");
  EXPECT_FALSE(awaited.has_last_updated());
  proxy_.Advance(std::chrono::seconds(16));
  EXPECT_EQ(Find(Ask(), kRouteType, "routes").client_status(), admin::DOES_NOT_EXIST);
  proxy_.Tell(kRouteType);
  proxy_.Run();
  EXPECT_EQ(Find(Ask(), kRouteType, "routes").client_status(), admin::ACKED);
}

TEST_P(ClientStatusTest, AFetchIsOneMessageAndItsAnswer) {
  proxy_.Offer();
  proxy_.Start();
  const H2Message& response = Called(kFetch, Framed(""));
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.Get("content-type"), "application/grpc");
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(GrpcStatus(response), "0");
  const auto messages = Messages(response.body);
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_EQ(messages[0].config_size(), 1);
  EXPECT_EQ(messages[0].config(0).generic_xds_configs_size(), 4);
}

TEST_P(ClientStatusTest, ANodeThatIsNotMeantHasNothingToSay) {
  proxy_.Offer();
  proxy_.Start();
  ClientStatusRequest request;
  request.add_node_matchers()->mutable_node_id()->set_exact("another");
  const auto messages = Messages(Called(kFetch, Framed(request.SerializeAsString())).body);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].config_size(), 0);
}

TEST_P(ClientStatusTest, AStreamAnswersEachMessageAndEndsWithTheClients) {
  proxy_.Offer();
  proxy_.Start();
  const uint32_t call = Call(kStream);
  proxy_.Run();
  EXPECT_TRUE(client_->response(call).head.empty());
  client_->wire().SendData(call, Framed(""), End::kNo);
  proxy_.Run();
  EXPECT_EQ(Messages(client_->response(call).body).size(), 1u);
  EXPECT_FALSE(client_->response(call).complete);
  ClientStatusRequest brief;
  brief.set_exclude_resource_contents(true);
  const std::string second = Framed(brief.SerializeAsString());
  client_->wire().SendData(call, second.substr(0, 3), End::kNo);
  proxy_.Run();
  client_->wire().SendData(call, second.substr(3) + Framed(""), End::kNo);
  proxy_.Run();
  const auto messages = Messages(client_->response(call).body);
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_FALSE(messages[1].config(0).generic_xds_configs(0).has_xds_config());
  EXPECT_TRUE(messages[2].config(0).generic_xds_configs(0).has_xds_config());
  client_->wire().SendData(call, "", End::kYes);
  proxy_.Run();
  EXPECT_TRUE(client_->response(call).complete);
  EXPECT_EQ(GrpcStatus(client_->response(call)), "0");
}

TEST_P(ClientStatusTest, ACallThatIsWrongEndsWithAStatusThatSaysHow) {
  proxy_.Start();
  ClientStatusRequest wrong;
  wrong.add_node_matchers()->mutable_node_id();
  EXPECT_THAT(GrpcStatus(Called(kFetch, Framed(wrong.SerializeAsString()))),
              testing::AllOf(testing::StartsWith("3 "), HasSubstr("node_matchers[0].node_id")));
  EXPECT_THAT(GrpcStatus(Called(kStream, Framed("\xff"))),
              testing::AllOf(testing::StartsWith("3 "), HasSubstr("ClientStatusRequest")));
  EXPECT_EQ(GrpcStatus(Called(kFetch, "")), "3 there is no message");
  EXPECT_EQ(GrpcStatus(Called(kFetch, Framed("") + Framed(""))), "3 more than one message");
  EXPECT_EQ(GrpcStatus(Called(kStream, Framed("").substr(0, 4))),
            "3 the last message is cut off after 4 bytes");
  EXPECT_EQ(GrpcStatus(Called(kFetch, std::string("\x01\0\0\0\0", 5))),
            "12 compressed messages are not read here");
  EXPECT_THAT(GrpcStatus(Called("DeltaClientStatus", Framed(""))), testing::StartsWith("12 "));
  EXPECT_EQ(GrpcStatus(Called(kStream, "")), "0") << "which is no mistake";
}

TEST_P(ClientStatusTest, AMessageIsOfABoundedSize) {
  proxy_.Start();
  // A field that nobody knows fills it.
  const std::string head("\xa2\x06\xfb\xff\x03", 5);
  const std::string longest = head + std::string(64_KiB - head.size(), 'x');
  EXPECT_EQ(GrpcStatus(Called(kFetch, Framed(longest))), "0");
  EXPECT_EQ(GrpcStatus(Called(kFetch, Framed(std::string(64_KiB + 1, 'x')))),
            "8 the message has more than 65536 bytes");
}

TEST_P(ClientStatusTest, AClientThatDoesNotReadIsNotAnsweredAhead) {
  proxy_.Offer();
  proxy_.Start();
  client_.emplace(proxy_.world(), Admin(), H2PeerOptions{.give_windows = false});
  const uint32_t call = Call(kStream);
  std::string requests;
  for (int i = 0; i < 4000; ++i) requests += Framed("");
  client_->wire().SendData(call, requests, End::kYes);
  proxy_.Run();
  EXPECT_GT(answers_, 10u);
  EXPECT_LT(answers_, 2000u);
  // As it reads, it gets them all.
  for (int i = 0; i < 400 && !client_->response(call).complete; ++i) {
    client_->wire().Send(H2WindowUpdateFrame(0, 64_KiB) + H2WindowUpdateFrame(call, 64_KiB));
    proxy_.Run();
  }
  EXPECT_TRUE(client_->response(call).complete);
  EXPECT_EQ(GrpcStatus(client_->response(call)), "0");
  EXPECT_EQ(Messages(client_->response(call).body).size(), 4000u);
}

TEST_P(ClientStatusTest, ACallThatIsLetGoIsForgotten) {
  proxy_.Offer();
  proxy_.Start();
  const uint32_t call = Call(kStream);
  client_->wire().SendData(call, Framed("") + Framed("") + Framed(""), End::kNo);
  client_->wire().Reset(call, 8);
  proxy_.Run();
  EXPECT_LE(answers_, 1u);
  EXPECT_EQ(GrpcStatus(Called(kFetch, Framed(""))), "0");
}

TEST_P(ClientStatusTest, ALongBodyOverHttpIsRefused) {
  proxy_.Start();
  H1Client client(proxy_.world(), Admin());
  client.Post("/v3/discovery:client_status", std::string(200'000, ' '));
  client.Post("/v3/discovery:client_status", "{]");
  client.Get("/v3/discovery:client_status");
  proxy_.Run();
  EXPECT_EQ(client.response(0).status(), 413);
  EXPECT_EQ(client.response(1).status(), 400);
  EXPECT_THAT(client.response(1).body, HasSubstr("request:1"));
  EXPECT_EQ(client.response(2).status(), 405);
}

}  // namespace
}  // namespace sluice
