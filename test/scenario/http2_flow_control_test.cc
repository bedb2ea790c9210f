// Flow control over HTTP/2: who does not read holds up itself, and little of it waits here.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::seconds;

constexpr size_t kWindow = 65535;
constexpr size_t kBuffer = 32 * 1024;
constexpr size_t kBody = 512 * 1024;

// The smallest windows there are, so that what is held is easy to see.
constexpr char kOptions[] =
    "http2_protocol_options: { initial_stream_window_size: 65535, "
    "initial_connection_window_size: 1048576 }";

class Http2FlowControl : public testing::Test {
 protected:
  Http2FlowControl()
      : proxy_(ProxyFixture::ToUsers(),
               {.manager = kOptions,
                .listener = absl::StrCat("per_connection_buffer_limit_bytes: ", kBuffer),
                .cluster = kOptions}),
        host_(proxy_.world(), ProxyFixture::HostAddress(0, 0), [this](const H2Message& request) {
          return H2Answer::Of(200, request.Get(":path") == "/large" ? large_ : "small");
        }) {}

  const std::string large_ = std::string(kBody, 'x');
  ProxyFixture proxy_;
  H2Server host_;
};

TEST_F(Http2FlowControl, AStalledClientHoldsItsWindowAndNoMore) {
  H2Client client(proxy_.world(), proxy_.listener_address(), {.give_windows = false});
  const uint32_t stream = client.Get("/large");
  proxy_.Run();
  const size_t sent = kBody - host_.connection(0).unsent_bytes(1);
  EXPECT_EQ(client.response(stream).body.size(), kWindow);
  EXPECT_GE(sent, 2 * kWindow);
  // What the client was given, what waits up to the limit, and a window that the host may fill.
  EXPECT_LE(sent, kWindow + kBuffer + kWindow);
  EXPECT_EQ(proxy_.Stat("cluster.users.upstream_rq_active"), 1);
}

TEST_F(Http2FlowControl, OthersGoOnBesideIt) {
  H2Client stalled(proxy_.world(), proxy_.listener_address(), {.give_windows = false});
  stalled.Get("/large");
  proxy_.Run();
  H2Client other(proxy_.world(), proxy_.listener_address());
  const uint32_t small = other.Get("/small");
  const uint32_t large = other.Get("/large");
  proxy_.Run();
  EXPECT_EQ(other.response(small).body, "small");
  EXPECT_EQ(other.response(large).body.size(), kBody);
  // All over one connection to the host.
  EXPECT_EQ(host_.connections_accepted(), 1u);
  EXPECT_EQ(proxy_.Stat("cluster.users.upstream_rq_active"), 1);
}

TEST_F(Http2FlowControl, AStalledStreamHoldsUpNoOtherOfItsConnection) {
  H2Client client(proxy_.world(), proxy_.listener_address(),
                  {.settings = {{4, 1000}}, .give_windows = false});
  const uint32_t large = client.Get("/large");
  proxy_.Run();
  EXPECT_EQ(client.response(large).body.size(), 1000u);
  const uint32_t small = client.Get("/small");
  proxy_.Run();
  EXPECT_EQ(client.response(small).body, "small");
}

TEST_F(Http2FlowControl, WhatStalledGoesOn) {
  H2Client client(proxy_.world(), proxy_.listener_address(), {.give_windows = false});
  const uint32_t stream = client.Get("/large");
  proxy_.Run();
  client.wire().Send(H2WindowUpdateFrame(0, kBody) + H2WindowUpdateFrame(stream, kBody));
  proxy_.Run();
  EXPECT_EQ(client.response(stream).body.size(), kBody);
  EXPECT_TRUE(client.response(stream).complete);
}

// The other way: a host that gives no window stops the client that uploads.
TEST(Http2Uploads, AStalledHostStopsItsClient) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = kOptions,
                      .listener = absl::StrCat("per_connection_buffer_limit_bytes: ", kBuffer),
                      .cluster = kOptions});
  H2Server host(
      proxy.world(), ProxyFixture::HostAddress(0, 0),
      [](const H2Message& request) { return H2Answer::Of(200, absl::StrCat(request.body.size())); },
      {.give_windows = false});
  H2Client client(proxy.world(), proxy.listener_address());
  const uint32_t stream = client.Post("/", std::string(kBody, 'u'));
  proxy.Run();
  const size_t sent = kBody - client.wire().unsent_bytes(stream);
  EXPECT_EQ(host.connection(0).message(1).body.size(), kWindow);
  EXPECT_LE(sent, kWindow + kBuffer + kWindow);
  host.connection(0).Send(H2WindowUpdateFrame(0, kBody) + H2WindowUpdateFrame(1, kBody));
  proxy.Run();
  EXPECT_EQ(client.response(stream).body, absl::StrCat(kBody));
}

}  // namespace
}  // namespace sluice
