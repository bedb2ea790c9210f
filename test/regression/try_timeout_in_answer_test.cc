// per_try_timeout went on after the answer had begun, and cut off every answer that took longer: a
// download, a stream of events. An upload that ended after the answer had begun even started it.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kBegun[] = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab";

class TryTimeoutInAnswerRegression : public testing::Test {
 protected:
  // The answer goes on after twice the timeout.
  void ExpectWholeAnswer(H1Client& client) {
    proxy_.Advance(std::chrono::seconds(1));
    host_.connection(0).Send("cde");
    proxy_.Run();
    EXPECT_EQ(client.response(0).body, "abcde");
    EXPECT_EQ(proxy_.LogLines(), std::vector<std::string>{"200 - via_upstream"});
    EXPECT_EQ(proxy_.Stat("cluster.users.upstream_rq_per_try_timeout"), 0);
  }

  ProxyFixture proxy_{
      ProxyFixture::ToUsers("retry_policy: { retry_on: 5xx, per_try_timeout: 0.5s }")};
  H1Server& host_ = proxy_.Host(H1Answer{.bytes = ""});
};

TEST_F(TryTimeoutInAnswerRegression, AnAnswerThatHasBegunIsNotCutOff) {
  H1Client& client = proxy_.Client();
  client.Get("/");
  proxy_.Run();
  host_.connection(0).Send(kBegun);
  ExpectWholeAnswer(client);
}

TEST_F(TryTimeoutInAnswerRegression, NorIsOneToAnUploadThatEndsLater) {
  H1Client& client = proxy_.Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab");
  proxy_.Run();
  host_.connection(0).Send(kBegun);
  proxy_.Run();
  client.Send("cd");
  ExpectWholeAnswer(client);
}

}  // namespace
}  // namespace sluice
