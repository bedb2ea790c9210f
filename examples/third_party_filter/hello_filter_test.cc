// The filter alone, in the runner of the real proxy.
#include "examples/third_party_filter/hello_filter.h"

#include <memory>

#include "gtest/gtest.h"
#include "test/harness/filter_tester.h"

namespace acme {
namespace {

TEST(Hello, AnswersItsPath) {
  sluice::FilterTester tester(std::make_unique<HelloFactory>("/hello", "good day"));
  tester.Request({{":method", "GET"}, {":path", "/hello"}});
  EXPECT_EQ(tester.status(), 200);
  EXPECT_EQ(tester.response().body(), "good day");
  EXPECT_FALSE(tester.request().started());
}

TEST(Hello, LetsOthersPass) {
  sluice::FilterTester tester(std::make_unique<HelloFactory>("/hello", "good day"));
  tester.Request({{":method", "GET"}, {":path", "/"}});
  EXPECT_TRUE(tester.request().ended());
}

}  // namespace
}  // namespace acme
