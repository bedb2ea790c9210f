// What filters of a configuration do to real requests: on the wire, in both directions, and when
// they answer themselves.
#include <optional>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kBuffer[] = R"(
- name: buffer
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
    max_request_bytes: 20000
)";

constexpr char kMutation[] = R"(
- name: mutation
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations:
      request_mutations:
      - remove: x-debug
      - append: { header: { key: x-path, value: "%REQ(:PATH)%" } }
      response_mutations:
      - append:
          header: { key: x-frame-options, value: deny }
          append_action: OVERWRITE_IF_EXISTS_OR_ADD
)";

constexpr char kCompressor[] = R"(
- name: compressor
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor
    compressor_library:
      name: gzip
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip
    response_direction_config: { disable_on_etag_header: true }
)";

TEST(Filters, HeadersAreEditedInBothDirections) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kMutation});
  H1Server& host = proxy.Host(H1Answer::Of(200, "hi", {"x-frame-options: sameorigin"}));
  H1Client& client = proxy.Client();
  client.Get("/there", {"x-debug: 1"});
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1);
  EXPECT_EQ(host.requests()[0].header("x-path"), "/there");
  EXPECT_EQ(host.requests()[0].header("x-debug"), std::nullopt);
  EXPECT_EQ(client.response(0).header("x-frame-options"), "deny");
  EXPECT_EQ(client.response(0).body, "hi");
}

TEST(Filters, ABufferedRequestGoesOnWhole) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kBuffer});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\none \r\n");
  proxy.Run();
  EXPECT_EQ(host.connections_accepted(), 0);
  client.Send("3\r\ntwo\r\n0\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1);
  EXPECT_EQ(host.requests()[0].body, "one two");
  EXPECT_EQ(host.requests()[0].header("content-length"), "7");
  EXPECT_EQ(host.requests()[0].header("transfer-encoding"), std::nullopt);
  EXPECT_EQ(client.response(0).status(), 200);
}

TEST(Filters, ABufferMayHoldMoreThanTheConnection) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.filters = kBuffer, .listener = "per_connection_buffer_limit_bytes: 1024"});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Post("/", std::string(20'000, 'x'));
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1);
  EXPECT_EQ(host.requests()[0].body.size(), 20'000);
  EXPECT_EQ(client.response(0).status(), 200);
}

TEST(Filters, BeyondTheBufferIs413ThroughTheFiltersBefore) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = std::string(kMutation) + kBuffer});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Post("/", std::string(20'001, 'x'));
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 413);
  EXPECT_EQ(client.response(0).body, "Payload Too Large");
  EXPECT_EQ(client.response(0).header("x-frame-options"), "deny");
  EXPECT_TRUE(host.requests().empty());
  EXPECT_EQ(host.connections_accepted(), 0);
}

TEST(Filters, FiltersBehindTheBufferDoNotSeeIts413) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = std::string(kBuffer) + kMutation});
  H1Client& client = proxy.Client();
  client.Post("/", std::string(20'001, 'x'));
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 413);
  EXPECT_EQ(client.response(0).header("x-frame-options"), std::nullopt);
}

TEST(Filters, RepliesOfTheProxyItselfAreEditedToo) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kMutation});
  H1Client& client = proxy.Client();
  client.Get("/");  // nobody listens
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(client.response(0).header("x-frame-options"), "deny");
}

TEST(Filters, PipelinedRequestsAreFilteredOneByOne) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = std::string(kBuffer) + kMutation});
  H1Server& host = proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  client.Send(
      "POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\none"
      "GET /2 HTTP/1.1\r\nhost: a\r\n\r\n"
      "POST /3 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(client.responses().size(), 3);
  ASSERT_EQ(host.requests().size(), 3);
  EXPECT_EQ(host.requests()[0].header("x-path"), "/1");
  EXPECT_EQ(host.requests()[0].body, "one");
  EXPECT_EQ(host.requests()[1].header("x-path"), "/2");
  EXPECT_EQ(host.requests()[2].body, "three");
}

TEST(Filters, AClientThatLeavesWhileItsRequestIsGatheredLeavesNothing) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kBuffer});
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\npart");
  proxy.Run();
  client.Close();
  proxy.Run();
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_active"), 0);
}

TEST(Filters, AnExpectationIsAnsweredWhileTheBodyIsGathered) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kBuffer});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
  proxy.Run();
  EXPECT_TRUE(host.requests().empty());
  client.Send("body");
  proxy.Run();
  ASSERT_EQ(host.requests().size(), 1);
  EXPECT_EQ(host.requests()[0].body, "body");
  EXPECT_EQ(client.responses().back().status(), 200);
}

TEST(Filters, ACompressedResponseHasNoLengthAndComesWhole) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kCompressor});
  const std::string page(20'000, 'x');
  proxy.Host(H1Answer::Of(200, page, {"content-type: text/html"}));
  H1Client& client = proxy.Client();
  client.Get("/zipped", {"accept-encoding: gzip"});
  client.Get("/plain");
  proxy.Run();
  const H1Message& zipped = client.response(0);
  EXPECT_EQ(zipped.header("content-encoding"), "gzip");
  EXPECT_EQ(zipped.header("vary"), "accept-encoding");
  EXPECT_EQ(zipped.header("content-length"), std::nullopt);
  EXPECT_EQ(zipped.header("transfer-encoding"), "chunked");
  EXPECT_EQ(zipped.body.substr(0, 2), "\x1f\x8b");  // RFC 1952 section 2.3.1
  EXPECT_LT(zipped.body.size(), page.size() / 10);
  EXPECT_EQ(client.response(1).body, page);
  EXPECT_EQ(proxy.Stat("http.test.compressor.gzip.gzip.response.total_uncompressed_bytes"), 20'000);
}

}  // namespace
}  // namespace sluice
