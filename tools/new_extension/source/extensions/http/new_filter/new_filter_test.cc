// The promises of the README, one test each.

#include "source/extensions/http/new_filter/new_filter.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sluice/extensions/http/new_filter/v1/new_filter.pb.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/new_filter/new_filter_config.h"
#include "source/stats/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

namespace pb = ::sluice::extensions::http::new_filter::v1;

std::unique_ptr<const HttpFilterFactory> FactoryOf(const std::string& header, std::string* error) {
  pb::NewFilter proto;
  proto.set_header(header);
  proto.set_value("sluice");
  ConfigErrors errors;
  StatsRegistry stats;
  auto factory = ParseNewFilter(proto, {stats, "http.test."}, FieldScope(errors));
  *error = errors.ToString();
  return factory;
}

class NewFilterTest : public testing::Test {
 protected:
  static std::unique_ptr<const HttpFilterFactory> Factory() {
    std::string error;
    auto factory = FactoryOf("x-served-by", &error);
    EXPECT_EQ(error, "");
    return factory;
  }
  FilterTester tester_{Factory()};
};

TEST_F(NewFilterTest, ResponsesCarryTheHeader) {
  tester_.Request({{":method", "GET"}, {":path", "/"}});
  EXPECT_TRUE(tester_.request().ended());
  tester_.Response({{":status", "200"}}, "hello");
  EXPECT_EQ(tester_.response().header("x-served-by"), "sluice");
  EXPECT_EQ(tester_.response().body(), "hello");
}

TEST_F(NewFilterTest, AnUpstreamsHeaderIsReplaced) {
  tester_.Request({{":method", "GET"}});
  tester_.Response({{":status", "200"}, {"x-served-by", "somebody"}});
  EXPECT_EQ(tester_.response().header("x-served-by"), "sluice");
}

TEST_F(NewFilterTest, RequestsThatCarryTheHeaderAreRefused) {
  tester_.Request({{":method", "GET"}, {"x-served-by", "me"}});
  EXPECT_EQ(tester_.status(), 400);
  EXPECT_EQ(tester_.reply().details, "new_filter_refused");
  EXPECT_FALSE(tester_.request().started());
}

TEST_F(NewFilterTest, TheNameMustBeInLowerCase) {
  std::string error;
  EXPECT_EQ(FactoryOf("X-Served-By", &error), nullptr);
  EXPECT_NE(error.find("header"), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice
