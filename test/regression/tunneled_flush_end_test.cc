// A TCP proxy with tunneling_config whose client had gone, and whose host read slowly, was idle
// though bytes went on; and when it then was ended it stayed.
#include <chrono>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "test/scenario/connect_ends.h"
#include "test/scenario/tcp_ends.h"

namespace sluice {
namespace {

using std::chrono::seconds;

class TunneledFlushEndRegression : public testing::TestWithParam<Wire> {
 protected:
  static ProxyOptions Options() {
    ProxyOptions options =
        Tcp("tunneling_config: { hostname: \"far.test:443\" }\nidle_timeout: 10s\n");
    options.cluster = BridgeClusterFields(GetParam());
    return options;
  }
  void TearDown() override {
    client_.reset();
    host_.reset();
    proxy_.Run();
  }
  // Both ends have sent their FIN, and the host has not read.
  void StartFlush(const std::string& sent) {
    proxy_.Run();
    host_->end().Finish();
    proxy_.Run();
    host_->end().peer().StopReading();
    client_->Send(sent);
    client_->SendFin();
    proxy_.Run();
    EXPECT_TRUE(client_->got_fin());
    EXPECT_EQ(Stat("upstream_flush_active"), 1);
    client_.reset();
  }
  int64_t Stat(const std::string& name) { return proxy_.Stat("tcp.test." + name); }

  ProxyFixture proxy_{"", Options()};
  std::unique_ptr<ConnectHost> host_ = std::make_unique<ConnectHost>(proxy_, GetParam());
  std::unique_ptr<MemoryPeer> client_ = DialProxy(proxy_);
};

INSTANTIATE_TEST_SUITE_P(Over, TunneledFlushEndRegression,
                         testing::Values(Wire::kHttp1, Wire::kHttp2), WireName);

TEST_P(TunneledFlushEndRegression, OfAHostThatDoesNotReadItIsTheIdleTimeout) {
  StartFlush(Numbered(600'000));
  proxy_.Advance(seconds(11));
  EXPECT_EQ(Stat("idle_timeout"), 1);
  EXPECT_EQ(Stat("upstream_flush_active"), 0);
  EXPECT_EQ(proxy_.Stat("listener.10.9.9.9_80.downstream_cx_active"), 0);
  EXPECT_EQ(proxy_.LogLines().size(), 1u);
}

TEST_P(TunneledFlushEndRegression, ADrainNeedNotWaitForItAfterAll) {
  StartFlush(Numbered(600'000));
  bool empty = false;
  proxy_.core().StartDrain([&empty] { empty = true; });
  proxy_.Run();
  EXPECT_FALSE(empty);
  proxy_.core().CloseAll([] {});
  proxy_.Run();
  EXPECT_TRUE(empty);
}

TEST_P(TunneledFlushEndRegression, AHostThatReadsSlowlyGetsItAll) {
  const std::string sent = Numbered(1'000'000);
  StartFlush(sent);
  for (int i = 0; i < 6; ++i) {
    host_->end().peer().ReadOn(90'000);
    proxy_.Advance(seconds(5));
    host_->end().peer().StopReading();
  }
  EXPECT_EQ(Stat("idle_timeout"), 0);
  host_->end().peer().ReadOn();
  proxy_.Run();
  EXPECT_TRUE(host_->end().bytes() == sent);
  EXPECT_EQ(Stat("upstream_flush_active"), 0);
}

}  // namespace
}  // namespace sluice
