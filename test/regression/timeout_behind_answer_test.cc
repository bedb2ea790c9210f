// A host that had answered whole, and in time, was taken for one that had not: the response timeout
// was set by an upload that ended after the answer, or ran on while a filter kept the answer. The
// client's answer was cut off, and the host was counted as too slow, even where it was gone.
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "source/sdk/http_filter_factory.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::seconds;

constexpr char kOutliers[] = "outlier_detection: { consecutive_5xx: 1, max_ejection_percent: 100 }";

TEST(TimeoutBehindAnswerRegression, AnUploadThatEndsAfterTheAnswerSetsNone) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = kOutliers});
  H1Server& host = proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  client.peer().StopReading();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab");
  proxy.Run();
  const std::string body(700'000, 'x');  // more than the sockets hold, less than the proxy
  host.connection(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 700000\r\n\r\n" + body);
  proxy.Run();
  client.Send("cd");
  proxy.Advance(seconds(20));
  client.peer().ReadOn();
  proxy.Run();
  EXPECT_EQ(client.response(0).body.size(), body.size());
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"200 - via_upstream"});
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_timeout"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.outlier_detection.ejections_active"), 0);
}

// Keeps every good answer for ever; in the place of a filter that the configuration may name.
class Keeping final : public HttpFilter {
 public:
  Verdict OnResponseHeaders(FilterContext&, Headers& headers, End) override {
    return headers.Get(HeaderId::kStatus) == "200" ? Verdict::kPause : Verdict::kContinue;
  }
};

class KeepingFactory final : public HttpFilterFactory {
 public:
  Interest interests() const override { return Interest::kResponseHeaders; }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<Keeping>());
  }
};

TEST(TimeoutBehindAnswerRegression, AFilterThatKeepsTheAnswerIsNotTheHostsFault) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.filters = R"(
    - name: keeping
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
        max_request_bytes: 1)",
                      .cluster = kOutliers,
                      .add_extensions = [](Registry& registry) {
                        registry.AddHttpFilter(
                            "envoy.extensions.filters.http.buffer.v3.Buffer",
                            [](const auto&...) { return std::make_unique<KeepingFactory>(); });
                      }});
  proxy.Host(H1Answer::Of(200, "in time"));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(seconds(20));
  EXPECT_EQ(client.response(0).status(), 504);
  EXPECT_EQ(proxy.Stat("cluster.users.outlier_detection.ejections_active"), 0);
}

}  // namespace
}  // namespace sluice
