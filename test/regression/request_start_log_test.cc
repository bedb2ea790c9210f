// Lines that are written when a request begins called themselves DownstreamEnd.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(RequestStartLogRegression, SaysWhichLineItIs) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = R"(
    access_log_options: { flush_access_log_on_new_request: true }
    access_log:
    - name: log
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
        path: /log
        log_format: { text_format_source: { inline_string: "%ACCESS_LOG_TYPE% %RESPONSE_CODE%\n" } })",
                                               .log = ""});
  proxy.Host(H1Answer::Of(200));
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), (std::vector<std::string>{"DownstreamStart 0", "DownstreamEnd 200"}));
}

}  // namespace
}  // namespace sluice
