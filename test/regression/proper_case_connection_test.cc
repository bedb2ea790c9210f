// With proper_case_words all names of a response were so written but the last: connection.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(ProperCaseConnectionRegression, IsWrittenAsTheOthers) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = R"(
    http_protocol_options:
      accept_http_10: true
      header_key_format: { proper_case_words: {} })"});
  proxy.Host(H1Answer::Of(200));
  H1Client& closing = proxy.Client();
  closing.Get("/", {"connection: close"});
  H1Client& old = proxy.Client();
  old.Send("GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n");
  proxy.Run();
  for (H1Client* client : {&closing, &old}) {
    ASSERT_EQ(client->responses().size(), 1u);
    EXPECT_EQ(client->response(0).headers.back().first, "Connection");
  }
}

}  // namespace
}  // namespace sluice
