// The proxy's own answers, as configured.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kNowhere[] = "virtual_hosts: [{ name: a, domains: [other.test] }]";

H1Message Ask(const std::string& manager, const std::vector<std::string>& headers = {},
              const std::string& routes = kNowhere) {
  ProxyFixture proxy(routes, {.manager = manager});
  H1Client& client = proxy.Client();
  client.Get("/", headers);
  proxy.Run();
  EXPECT_FALSE(client.closed_by_peer());
  return client.response(0);
}

TEST(LocalReplies, AMapperChangesStatusBodyAndHeaders) {
  const H1Message reply = Ask(R"(
    local_reply_config:
      mappers:
      - filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 503, runtime_key: k } } } }
        status_code: 500
      - filter: { response_flag_filter: { flags: [NR] } }
        status_code: 410
        body: { inline_string: "gone" }
        headers_to_add: [{ header: { key: x-mapped, value: "%RESPONSE_CODE%" } }]
      - filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 404, runtime_key: k } } } }
        status_code: 499
  )");
  EXPECT_EQ(reply.status(), 410);
  EXPECT_EQ(reply.body, "gone");
  EXPECT_EQ(reply.header("x-mapped"), "410");
  EXPECT_EQ(reply.header("content-length"), "4");
}

TEST(LocalReplies, ABodyFormatIsFilledIn) {
  const H1Message reply = Ask(R"(
    local_reply_config:
      body_format:
        text_format_source: { inline_string: "<b>%RESPONSE_CODE% %REQ(:PATH)% %LOCAL_REPLY_BODY%</b>" }
        content_type: text/html
  )");
  EXPECT_EQ(reply.status(), 404);
  EXPECT_EQ(reply.body, "<b>404 / </b>");
  EXPECT_EQ(reply.header("content-type"), "text/html");
}

TEST(LocalReplies, AMappersFormatGoesBeforeTheGeneralOne) {
  const H1Message reply = Ask(R"(
    local_reply_config:
      mappers:
      - filter: { response_flag_filter: { flags: [NR] } }
        body_format_override: { json_format: { code: "%RESPONSE_CODE%", path: "%REQ(:PATH)%" } }
      body_format: { text_format_source: { inline_string: "general" } }
  )");
  EXPECT_EQ(reply.body, "{\"code\":404,\"path\":\"/\"}\n");
  EXPECT_EQ(reply.header("content-type"), "application/json");
}

TEST(LocalReplies, HeadersOfTheHostsOwnErrorsAreNotTouched) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = R"(
    local_reply_config: { body_format: { text_format_source: { inline_string: "mine" } } })"});
  proxy.Host(H1Answer::Of(503, "the host's"));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "the host's");
}

TEST(LocalReplies, AGrpcClientGetsAGrpcStatus) {
  const H1Message reply = Ask("", {"content-type: application/grpc"});
  EXPECT_EQ(reply.status(), 200);
  EXPECT_EQ(reply.header("content-type"), "application/grpc");
  EXPECT_EQ(reply.header("grpc-status"), "12");
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(Ask("", {"content-type: application/grpc-web"}).status(), 404);
  const H1Message refused =
      Ask("", {"content-type: application/grpc+proto"}, ProxyFixture::ToUsers());
  EXPECT_EQ(refused.header("grpc-status"), "14");
  EXPECT_EQ(refused.header("grpc-message"),
            "upstream connect error or disconnect/reset before headers. reset reason: connection "
            "failure, transport failure reason: delayed connect error: Connection refused");
}

TEST(LocalReplies, AHeadRequestGetsTheLengthOnly) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Client& client = proxy.Client();
  client.ExpectNoBody();
  client.Send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_NE(client.response(0).header("content-length").value_or("0"), "0");
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 503);
}

TEST(LocalReplies, ADirectResponseHasTheRoutesHeaders) {
  const H1Message reply = Ask("", {}, R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: { prefix: / }
        direct_response: { status: 202, body: { inline_string: "{}" } }
        response_headers_to_add: [{ header: { key: content-type, value: application/json },
                                    append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
  )");
  EXPECT_EQ(reply.status(), 202);
  EXPECT_EQ(reply.body, "{}");
  EXPECT_EQ(reply.header("content-type"), "application/json");
}

}  // namespace
}  // namespace sluice
