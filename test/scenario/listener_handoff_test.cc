// Connections that were redirected to one listener and meant for another (use_original_dst).
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

const std::string kGet = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

class HandOff : public testing::Test {
 protected:
  // The main listener hands on; three others are there for it.
  void Start(const std::string& more = "") {
    proxy_ = std::make_unique<ProxyFixture>(
        ProxyFixture::ToUsers(),
        ProxyOptions{.listener = absl::StrCat("use_original_dst: true\n", more),
                     .listeners = {{"one", "198.51.100.7", 443, "bind_to_port: false\n"},
                                   {"any", "0.0.0.0", 8443, "bind_to_port: false\n"},
                                   {"bound", "10.9.9.7", 81, ""}}});
    proxy_->Host(H1Answer::Of(200, "main"));
  }
  // Who answers a connection that was meant for this address.
  std::string AnswerFor(const std::string& ip, uint16_t port) {
    proxy_->world().memory().Redirect(*Address::FromIp(ip, port), proxy_->listener_address());
    H1Client& client = proxy_->Client();
    client.Send(kGet);
    proxy_->Run();
    return client.responses().empty() ? "nothing" : client.response(0).body;
  }
  std::unique_ptr<ProxyFixture> proxy_;
};

TEST_F(HandOff, GoesByTheOriginalDestination) {
  Start();
  EXPECT_EQ(AnswerFor("198.51.100.7", 443), "one");
  EXPECT_EQ(AnswerFor("198.51.100.8", 8443), "any");
  EXPECT_EQ(AnswerFor("10.9.9.7", 81), "bound");
  EXPECT_EQ(proxy_->Stat("listener.198.51.100.7_443.downstream_cx_total"), 1);
  EXPECT_EQ(proxy_->Stat("listener.10.9.9.9_80.downstream_cx_total"), 0);
  EXPECT_EQ(proxy_->Stat("listener.10.9.9.9_80.downstream_pre_cx_active"), 0);
}

TEST_F(HandOff, WhatNoListenerIsForStays) {
  Start();
  EXPECT_EQ(AnswerFor("198.51.100.8", 443), "main");
  EXPECT_EQ(AnswerFor("10.9.9.9", 80), "main");
}

TEST_F(HandOff, KeepsTheCountOfABalancedListener) {
  Start("connection_balance_config: { exact_balance: {} }\n");
  EXPECT_EQ(AnswerFor("198.51.100.7", 443), "one");
  EXPECT_EQ(AnswerFor("198.51.100.8", 443), "main");
}

// Nobody can connect to it but by way of another.
TEST_F(HandOff, AListenerThatIsNotBoundListensNowhere) {
  Start();
  auto peer = proxy_->world().memory().Dial(*Address::FromIp("198.51.100.7", 443));
  proxy_->Run();
  EXPECT_TRUE(peer->refused());
}

}  // namespace
}  // namespace sluice
