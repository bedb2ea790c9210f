// Who does not read holds a bounded amount, and nothing is lost on the way.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr size_t kLimit = 64 * 1024;
constexpr char kLimits[] = "per_connection_buffer_limit_bytes: 65536";
constexpr size_t kBlock = 16 * 1024;

// What the proxy may hold for one stream whose reader has stopped: one side's limit, one read
// beyond it (128 KiB at most), and what is pulled for one write (as much).
constexpr size_t kBlocksMax = (kLimit + 2 * 128 * 1024) / kBlock + 6;

std::string Body(size_t bytes) {
  std::string body(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) body[i] = static_cast<char>('a' + i % 23 + i / 1000 % 3);
  return body;
}

ProxyOptions Limited() { return {.listener = kLimits, .cluster = kLimits}; }

TEST(FlowControl, AClientThatDoesNotReadHoldsABoundedAmount) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), Limited());
  proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 4096;
  const std::string body = Body(8 * 1024 * 1024);
  H1Server& host = proxy.Host(H1Answer::Of(200, body));
  H1Client& client = proxy.Client();
  client.peer().StopReading();
  client.Get("/");
  proxy.Run();
  EXPECT_LE(proxy.world().worker().slabs.blocks_in_use(), kBlocksMax);
  EXPECT_GT(host.connection(0).unsent_bytes(), body.size() / 2) << "the host is held up";
  client.peer().ReadOn();
  proxy.Run();
  EXPECT_EQ(client.response(0).body, body);
  EXPECT_EQ(proxy.world().worker().slabs.blocks_in_use(), 0u);
}

TEST(FlowControl, AHostThatDoesNotReadHoldsABoundedAmount) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), Limited());
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 4096;
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 8388608\r\n\r\n");
  proxy.Run();
  host.connection(0).StopReading();
  const std::string body = Body(8 * 1024 * 1024);
  client.Send(body);
  proxy.Run();
  EXPECT_LE(proxy.world().worker().slabs.blocks_in_use(), kBlocksMax);
  EXPECT_GT(client.peer().unsent_bytes(), body.size() / 2) << "the client is held up";
  host.connection(0).ReadOn();
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].body, body);
  EXPECT_EQ(client.response(0).status(), 200);
}

TEST(FlowControl, ARequestThatWaitsForItsConnectionHoldsABoundedAmount) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), Limited());
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).black_hole = true;
  H1Client& client = proxy.Client();
  client.Post("/", Body(4 * 1024 * 1024));
  proxy.Run();
  EXPECT_LE(proxy.world().worker().slabs.blocks_in_use(), kBlocksMax);
  proxy.Advance(std::chrono::seconds(2));
  ASSERT_GE(client.responses().size(), 1u);
  EXPECT_EQ(client.response(0).status(), 503);
  proxy.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(FlowControl, PipelinedRequestsBehindASlowOneHoldABoundedAmount) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), Limited());
  proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  std::string many;
  for (int i = 0; i < 50000; ++i) many += "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  client.Send(many);
  proxy.Run();
  EXPECT_LE(proxy.world().worker().slabs.blocks_in_use(), kBlocksMax);
  EXPECT_GT(client.peer().unsent_bytes(), many.size() / 2);
}

struct Shape {
  size_t buffer_bytes, read_bytes_max, write_bytes_max;
};

class LargeBodies : public testing::TestWithParam<Shape> {};

TEST_P(LargeBodies, ArriveIntactBothWays) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), Limited());
  for (const Address& address : {proxy.listener_address(), ProxyFixture::HostAddress(0, 0)}) {
    LinkShape& shape = proxy.world().memory().shape(address);
    shape.buffer_bytes = GetParam().buffer_bytes;
    shape.read_bytes_max = GetParam().read_bytes_max;
    shape.write_bytes_max = GetParam().write_bytes_max;
    shape.latency = std::chrono::milliseconds(1);
  }
  const std::string up = Body(300001), down = Body(400003);
  H1Server& host = proxy.Host(H1Answer::Of(200, down));
  H1Client& client = proxy.Client();
  client.Post("/", up);
  proxy.Advance(std::chrono::minutes(10));
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].body, up);
  EXPECT_EQ(client.response(0).body, down);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeBodies,
                         testing::Values(Shape{1024, SIZE_MAX, SIZE_MAX},
                                         Shape{5000, 700, SIZE_MAX}, Shape{5000, SIZE_MAX, 300},
                                         Shape{1 << 20, SIZE_MAX, SIZE_MAX}));

TEST(FlowControl, AHostThatDiesWhileItsClientIsSlowStillCostsNothingMore) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 2s"));
  proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 4096;
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 1 << 20;
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  client.peer().StopReading();
  host.SetOnRequest([](const H1Message&) {
    return H1Answer{
        .bytes = "HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n" + std::string(500000, 'x'),
        .then = H1Answer::Then::kFin};
  });
  proxy.Run();
  EXPECT_EQ(host.connections_open(), 0u);
  // Longer than the route's timeout: that was the host's time, and the host has had its say.
  proxy.Advance(std::chrono::seconds(20));
  client.peer().ReadOn();
  proxy.Run();
  EXPECT_EQ(client.reader().partial().body.size(), 500000u);
  EXPECT_TRUE(client.closed_by_peer());
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(proxy.LogLines()[0].starts_with("200 UC ")) << proxy.LogLines()[0];
}

}  // namespace
}  // namespace sluice
