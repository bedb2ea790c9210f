// per_try_idle_timeout ran while the client was still sending: a pause in its upload was a 504, and
// counted against the host.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class IdleTryInUploadRegression : public testing::Test {
 protected:
  // The upload pauses for twice the timeout, and ends with these bytes.
  void ExpectOnlyTheHostsSilenceCounts(const std::string& begin, const std::string& end) {
    constexpr char kTrailers[] = "http_protocol_options: { enable_trailers: true }";
    ProxyFixture proxy(ProxyFixture::ToUsers("retry_policy: { per_try_idle_timeout: 0.5s }"),
                       {.manager = kTrailers, .cluster = kTrailers});
    proxy.Host(H1Answer{.bytes = ""});
    H1Client& client = proxy.Client();
    client.Send(begin);
    proxy.Advance(seconds(1));
    client.Send(end);
    proxy.Advance(milliseconds(400));
    EXPECT_TRUE(client.responses().empty());
    EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_per_try_idle_timeout"), 0);
    proxy.Advance(milliseconds(200));
    EXPECT_EQ(client.response(0).status(), 504);
    EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_per_try_idle_timeout"), 1);
  }
};

TEST_F(IdleTryInUploadRegression, APauseOfTheClientIsNotTheHosts) {
  ExpectOnlyTheHostsSilenceCounts("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab",
                                  "cd");
}

TEST_F(IdleTryInUploadRegression, TrailersEndAnUploadToo) {
  ExpectOnlyTheHostsSilenceCounts(
      "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
      "0\r\nx-t: 1\r\n\r\n");
}

}  // namespace
}  // namespace sluice
