// A response that broke in the proxy's or the upstream's hands was logged as the client's leaving
// (DC).
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(BrokenResponseLogRegression, ALengthThatAFilterMadeUntrueIsTheProxys) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = R"(
    - name: mutation
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
        mutations:
          response_mutations:
          - append:
              header: { key: content-length, value: "3" }
              append_action: OVERWRITE_IF_EXISTS_OR_ADD)"});
  H1Server& host = proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nab"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  host.connection(0).Send("cdef");
  proxy.Run();
  EXPECT_TRUE(client.responses().empty());
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"200 LR response_length_mismatch"});
}

TEST(BrokenResponseLogRegression, AClientThatGivesUpOnACutResponseHasNotCutIt) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 4096;
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n61a80\r\n" +
                               std::string(400000, 'x') + "\r\nnot hexadecimal\r\n"});
  H1Client& client = proxy.Client();
  client.peer().StopReading();
  client.Get("/");
  proxy.Run();
  client.peer().Reset();
  proxy.Advance(std::chrono::seconds(2));
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StartsWith(proxy.LogLines()[0], "200 UPE upstream_reset"))
      << proxy.LogLines()[0];
}

}  // namespace
}  // namespace sluice
