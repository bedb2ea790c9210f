// The promises of the README, one test each.

#include <memory>
#include <string>

#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/buffer/buffer_config.h"
#include "source/extensions/http/buffer/buffer_filter.h"
#include "source/stats/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

class BufferFilterTest : public testing::Test {
 protected:
  static std::unique_ptr<const HttpFilterFactory> Factory(uint32_t bytes_max) {
    return std::make_unique<BufferFilterFactory>(BufferConfig{.request_bytes_max = bytes_max});
  }
  const FilterTester::HeaderList kPost = {{":method", "POST"}, {":path", "/"}};
};

TEST_F(BufferFilterTest, NothingGoesOnBeforeTheLastByte) {
  FilterTester tester(Factory(100));
  tester.RequestHeaders(kPost);
  tester.RequestData("one ");
  tester.RequestData("two");
  EXPECT_FALSE(tester.request().started());
  tester.RequestData("", End::kYes);
  EXPECT_EQ(tester.request().body(), "one two");
  EXPECT_TRUE(tester.request().ended());
}

TEST_F(BufferFilterTest, ALengthIsSaidWhereTheClientSaidNone) {
  FilterTester chunked(Factory(100));
  chunked.RequestHeaders({{":method", "POST"}, {"transfer-encoding", "chunked"}});
  chunked.RequestData("12345");
  chunked.RequestData("67890", End::kYes);
  EXPECT_EQ(chunked.request().header("content-length"), "10");
  EXPECT_FALSE(chunked.request().has_header("transfer-encoding"));

  FilterTester sized(Factory(100));
  sized.Request({{":method", "POST"}, {"content-length", "2"}}, "hi");
  EXPECT_EQ(sized.request().header("content-length"), "2");
}

TEST_F(BufferFilterTest, RequestsWithoutABodyAreNotHeld) {
  FilterTester tester(Factory(1));
  tester.Request({{":method", "GET"}});
  EXPECT_TRUE(tester.request().ended());
  EXPECT_FALSE(tester.request().has_header("content-length"));
}

TEST_F(BufferFilterTest, TheLimitIsIncluded) {
  FilterTester tester(Factory(5));
  tester.Request(kPost, "12345");
  EXPECT_TRUE(tester.request().ended());
}

TEST_F(BufferFilterTest, BeyondTheLimitIs413) {
  FilterTester tester(Factory(5));
  tester.RequestHeaders(kPost);
  tester.RequestData("123");
  tester.RequestData("456");
  EXPECT_EQ(tester.status(), 413);
  EXPECT_EQ(tester.reply().details, "request_payload_too_large");
  EXPECT_FALSE(tester.request().started());
}

TEST_F(BufferFilterTest, MoreIsHeldThanTheConnectionsLimit) {
  FilterTester tester(Factory(50'000), {.buffer_bytes_max = 100});
  tester.RequestHeaders(kPost);
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(tester.client_paused());
    tester.RequestData(std::string(1000, 'x'), i == 49 ? End::kYes : End::kNo);
  }
  EXPECT_EQ(tester.request().body().size(), 50'000);
}

TEST_F(BufferFilterTest, ResponsesAreNotTouched) {
  FilterTester tester(Factory(1));
  tester.Request({{":method", "GET"}});
  tester.ResponseHeaders({{":status", "200"}});
  tester.ResponseData("more than one");
  EXPECT_EQ(tester.response().body(), "more than one");
}

TEST(BufferConfigTest, TheLimitIsRequiredAndNotZero) {
  for (const bool is_set : {false, true}) {
    envoy::extensions::filters::http::buffer::v3::Buffer proto;
    if (is_set) proto.mutable_max_request_bytes()->set_value(0);
    ConfigErrors errors;
    StatsRegistry stats;
    EXPECT_EQ(ParseBuffer(proto, {stats, "http.test."}, FieldScope(errors)), nullptr);
    EXPECT_NE(errors.ToString().find("max_request_bytes"), std::string::npos);
  }
}

TEST(BufferConfigTest, TheLimitIsRead) {
  envoy::extensions::filters::http::buffer::v3::Buffer proto;
  proto.mutable_max_request_bytes()->set_value(7);
  ConfigErrors errors;
  StatsRegistry stats;
  const auto factory = ParseBuffer(proto, {stats, "http.test."}, FieldScope(errors));
  ASSERT_NE(factory, nullptr);
  EXPECT_EQ(factory->whole_request_body_bytes_max(), 7);
}

}  // namespace
}  // namespace sluice
