// Tunnels of listeners that change or go: they live on the version they came through, until their
// ends close them or the listener's own deadline comes (M1, M2).
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "gtest/gtest.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/dynamic_listeners.h"
#include "test/scenario/tcp_ends.h"

namespace sluice {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class ListenerTunnels : public DynamicListeners {
 protected:
  void TearDown() override {
    ws_.clear();
    if (proxy_ != nullptr) proxy_->Run();
    host_.reset();
    DynamicListeners::TearDown();
  }
  void Host(const WsManners& manners = {.echo = true}) {
    host_ = std::make_unique<WsServer>(proxy().world(), ProxyFixture::HostAddress(0, 0), manners);
  }
  WsClient& Open(const WsManners& manners = {}) {
    ws_.push_back(std::make_unique<WsClient>(proxy().world(), At(80), manners));
    ws_.back()->Handshake("/chat");
    proxy().Run();
    EXPECT_TRUE(ws_.back()->open());
    return *ws_.back();
  }
  bool Lives(WsClient& client) {
    const size_t before = client.ws().messages().size();
    client.ws().Text("are you there?");
    proxy().Run();
    return client.ws().messages().size() == before + 1;
  }
  size_t Closed() const {
    return std::count_if(ws_.begin(), ws_.end(), [](const std::unique_ptr<WsClient>& client) {
      return client->ws().close_code().has_value();
    });
  }
  // What a listener says of its tunnels.
  static std::string Tunnels(const std::string& fields) {
    return absl::StrCat("metadata: { filter_metadata: { sluice.tunnels: { ", fields, " } } }");
  }

  std::unique_ptr<WsServer> host_;
  std::vector<std::unique_ptr<WsClient>> ws_;
};

TEST_F(ListenerTunnels, SurviveTheReplacementAndTheRemovalOfTheirListener) {
  Start();
  Host();
  Set({{.name = "a"}}, "1");
  WsClient& first = Open();
  Set({{.name = "a", .edition = "2"}}, "2");
  WsClient& second = Open();
  proxy().Advance(hours(1));
  EXPECT_TRUE(Lives(first));
  listeners().Remove("web");
  proxy().Advance(hours(30));
  EXPECT_TRUE(Lives(first));
  EXPECT_TRUE(Lives(second));
  EXPECT_EQ(Stat("total_listeners_draining"), 1);
  ASSERT_EQ(Connections().size(), 2u);
  EXPECT_EQ(Connections()[0].tunnels, 1u);
  EXPECT_TRUE(Connections()[0].leaving);
  first.ws().Close(1000);
  second.ws().Close(1000);
  proxy().Run();
  EXPECT_EQ(first.ws().close_code(), 1000);
  EXPECT_EQ(Stat("total_listeners_draining"), 0);
}

TEST_F(ListenerTunnels, OfHttp2SurviveWhileTheRequestsBesideThemEnd) {
  Start();
  Host();
  Set({{.name = "a"}}, "1");
  WsH2Client client(proxy().world(), At(80));
  const uint32_t tunnel = client.Handshake("/chat");
  proxy().Run();
  Set({{.name = "a", .edition = "2"}}, "2");
  proxy().Advance(hours(2));
  client.ws(tunnel).Text("still here");
  proxy().Run();
  EXPECT_EQ(client.ws(tunnel).messages(), std::vector<std::string>{"still here"});
  client.ws(tunnel).Close(1000);
  proxy().Run();
  EXPECT_EQ(client.ws(tunnel).close_code(), 1000);
}

TEST_F(ListenerTunnels, EndWithACloseFrameAtTheListenersDeadline) {
  Start();
  Host();
  Set({{.name = "a"}}, "1");
  WsClient& client = Open();
  Set(Make({{.name = "a", .edition = "2"}}, Tunnels("end_after: 3600s")), "2");
  proxy().Advance(seconds(3599));
  EXPECT_TRUE(Lives(client));
  proxy().Advance(seconds(2));
  EXPECT_EQ(client.ws().close_code(), 1001);
  EXPECT_EQ(host_->ws().close_code(), 1001);
  EXPECT_EQ(client.ws().wrong(), "");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(Connections().empty());
}

TEST_F(ListenerTunnels, EndBetweenTwoFrames) {
  Start();
  Host({});
  Set({{.name = "a"}}, "1");
  WsClient& client = Open({.answer_close = false});
  const std::string frame = client.ws().Masked({.type = WsType::kText, .payload = "in two pieces"});
  client.ws().SendRaw(frame.substr(0, 9));
  proxy().Run();
  Set(Make({{.name = "a", .edition = "2"}}, Tunnels("end_after: 60s")), "2");
  proxy().Advance(seconds(61));
  EXPECT_EQ(host_->ws().close_code(), std::nullopt);
  client.ws().SendRaw(frame.substr(9));
  proxy().Run();
  EXPECT_EQ(host_->ws().messages(), std::vector<std::string>{"in two pieces"});
  EXPECT_EQ(host_->ws().close_code(), 1001);
  EXPECT_EQ(host_->ws().wrong(), "");
}

TEST_F(ListenerTunnels, EndNoFasterThanTheListenerSays) {
  Start();
  Host();
  Set({{.name = "a"}}, "1");
  for (int i = 0; i < 40; ++i) Open();
  Set(Make({{.name = "a", .edition = "2"}}, Tunnels("end_after: 60s, closes_per_second: 4")), "2");
  proxy().Advance(seconds(60));
  EXPECT_LE(Closed(), 2u);
  proxy().Advance(seconds(5));
  EXPECT_GE(Closed(), 14u);
  EXPECT_LE(Closed(), 28u);
  proxy().Advance(seconds(20));
  EXPECT_EQ(Closed(), 40u);
  for (const auto& client : ws_) EXPECT_EQ(client->ws().close_code(), 1001);
}

// As Envoy's, a TCP proxy has no requests that could end.
TEST_F(ListenerTunnels, OfTcpProxiesLiveAsLong) {
  Start();
  TcpHost host(proxy());
  const auto tcp = [](const std::string& prefix, const std::string& fields = "") {
    Listener listener = Make({{.name = "a"}}, fields);
    envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy filter;
    filter.set_stat_prefix(prefix);
    filter.set_cluster("users");
    listener.mutable_filter_chains(0)->mutable_filters(0)->mutable_typed_config()->PackFrom(filter);
    return listener;
  };
  Set(tcp("one"), "1");
  auto client = proxy().world().memory().Dial(At(80));
  proxy().Run();
  Set(tcp("two"), "2");
  proxy().Advance(minutes(59));  // its idle timeout is an hour
  client->Send("still here");
  proxy().Run();
  EXPECT_EQ(host.peer().Take(), "still here");
  ASSERT_EQ(Connections().size(), 1u);
  EXPECT_TRUE(Connections()[0].leaving);
  Set(tcp("three", Tunnels("end_after: 10s")), "3");
  proxy().Advance(minutes(2));
  client->Send("and now");
  proxy().Run();
  EXPECT_EQ(host.peer().Take(), "and now");  // the version that ended its chain had no deadline
  auto second = proxy().world().memory().Dial(At(80));
  proxy().Run();
  listeners().Remove("web");
  proxy().Advance(seconds(11));
  EXPECT_TRUE(second->got_fin());
}

TEST_F(ListenerTunnels, ThatOpenAfterTheDeadlineEndWithTheDrain) {
  Start();
  Host();
  host_->SetOnRequest([](const H1Message&) { return std::string(); });  // later
  Set({{.name = "a", .manager = "stream_idle_timeout: 0s"}}, "1");
  ws_.push_back(std::make_unique<WsClient>(proxy().world(), At(80)));
  ws_.back()->Handshake("/chat");
  proxy().Run();
  Set(Make({{.name = "a", .edition = "2"}}, Tunnels("end_after: 2s")), "2");
  proxy().Advance(seconds(5));
  ASSERT_EQ(host_->requests().size(), 1u);
  host_->Answer(WsAccept(host_->requests()[0]));
  proxy().Run();
  EXPECT_TRUE(ws_.back()->open());
  proxy().Advance(seconds(600));
  EXPECT_EQ(ws_.back()->ws().close_code(), 1001);
}

TEST_F(ListenerTunnels, SettingsThatDoNotExistAreRefused) {
  Start();
  EXPECT_EQ(Set(Make({{.name = "a"}}, Tunnels("end_afer: 60s")), "1"), ListenerChange::kRefused);
  EXPECT_NE(refused_.find("l.metadata.filter_metadata[\"sluice.tunnels\"].end_afer"),
            std::string::npos)
      << refused_;
}

}  // namespace
}  // namespace sluice
