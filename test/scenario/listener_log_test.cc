// A listener's access log: a line for each connection, whatever became of it.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

class ListenerLog : public testing::Test {
 protected:
  void Start(const std::string& format, ProxyOptions options = {}) {
    absl::StrAppend(&options.listener,
                    "access_log:\n- name: log\n  typed_config:\n"
                    "    \"@type\": type.googleapis.com/"
                    "envoy.extensions.access_loggers.file.v3.FileAccessLog\n"
                    "    path: /log\n    log_format: { text_format_source: { inline_string: \"",
                    format, "\\n\" } }\n");
    options.log = "";
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(), options);
    proxy_->Host(H1Answer::Of(200, "hi"));
  }
  std::unique_ptr<ProxyFixture> proxy_;
};

const std::string kProxyProtocol =
    "listener_filters:\n- name: filter\n  typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol }\n";

TEST_F(ListenerLog, OneLineForAConnectionOfManyRequests) {
  Start(
      "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_ADDRESS% %START_TIME(%s)% "
      "%DURATION% %BYTES_RECEIVED% %PROTOCOL% %RESPONSE_FLAGS% %RESPONSE_CODE% "
      "%ACCESS_LOG_TYPE%");
  H1Client& client = proxy_->Client();
  for (int i = 0; i < 2; ++i) {
    client.Send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    proxy_->Advance(milliseconds(500));
  }
  EXPECT_EQ(client.responses().size(), 2u);
  EXPECT_EQ(proxy_->LogLines(), Lines{});
  client.Close();
  proxy_->Run();
  EXPECT_EQ(proxy_->LogLines(),
            Lines{"10.9.8.7 10.9.9.9:80 1767323045 1000 54 HTTP/1.1 - 0 NotSet"});
}

TEST_F(ListenerLog, AConnectionThatNoChainWants) {
  Start("%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        {.match = "{ server_names: [x.org] }"});
  proxy_->Client();
  proxy_->Run();
  EXPECT_EQ(proxy_->LogLines(), Lines{"NR filter_chain_not_found 10.9.8.7"});
}

TEST_F(ListenerLog, AConnectionThatAListenerFilterCloses) {
  Start("%DURATION% %RESPONSE_FLAGS% %BYTES_RECEIVED%",
        {.listener = kProxyProtocol + "listener_filters_timeout: 5s\n"});
  proxy_->Client().Send("GET / HTTP/1.1\r\n\r\n");
  proxy_->Run();
  proxy_->Client();
  proxy_->Advance(seconds(5));
  EXPECT_EQ(proxy_->LogLines(), (Lines{"0 - 0", "5000 - 0"}));
}

TEST_F(ListenerLog, TheTimeOfListenerFiltersCounts) {
  Start("%DURATION% %DOWNSTREAM_REMOTE_ADDRESS%", {.listener = kProxyProtocol});
  H1Client& client = proxy_->Client();
  proxy_->Advance(seconds(2));
  client.Send("PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n");
  proxy_->Advance(seconds(1));
  client.Close();
  proxy_->Run();
  EXPECT_EQ(proxy_->LogLines(), Lines{"3000 192.0.2.1:5000"});
}

TEST_F(ListenerLog, AHandshakeThatFailed) {
  const TlsSetup tls;
  Start("%DOWNSTREAM_TRANSPORT_FAILURE_REASON% %CONNECTION_TERMINATION_DETAILS%",
        {.filter_chain = absl::StrCat(tls.Downstream(), "transport_socket_connect_timeout: 3s\n")});
  proxy_->Client().Send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  proxy_->Run();
  proxy_->Client();
  proxy_->Advance(seconds(3));
  const Lines lines = proxy_->LogLines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].find("TLS_error:|"), 0u) << lines[0];
  EXPECT_NE(lines[0].find("HTTP_REQUEST"), std::string::npos) << lines[0];
  EXPECT_EQ(lines[1], "- transport socket timeout was reached");
}

}  // namespace
}  // namespace sluice
