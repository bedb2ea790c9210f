// The promises of the README, one test each.

#include "source/extensions/http/new_filter/new_filter.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sluice/extensions/http/new_filter/v1/new_filter.pb.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/new_filter/new_filter_config.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

namespace pb = ::sluice::extensions::http::new_filter::v1;

std::unique_ptr<const HttpFilterFactory> FactoryOf(const std::string& header, std::string* error) {
  pb::NewFilter proto;
  proto.set_header(header);
  proto.set_value("sluice");
  ConfigErrors errors;
  auto factory = ParseNewFilter(proto, FieldScope(errors));
  *error = errors.ToString();
  return factory;
}

FilterTester* NewTester() {
  std::string error;
  auto factory = FactoryOf("x-served-by", &error);
  EXPECT_EQ(error, "");
  return new FilterTester(std::move(factory));
}

TEST(NewFilter, ResponsesCarryTheHeader) {
  std::unique_ptr<FilterTester> tester(NewTester());
  tester->Request({{":method", "GET"}, {":path", "/"}});
  EXPECT_EQ(tester->Out(), "request :method=GET :path=/ end\n");
  tester->Response({{":status", "200"}}, End::kNo);
  EXPECT_EQ(tester->Out(), "response :status=200 x-served-by=sluice\n");
  tester->ResponseData("hello", End::kYes);
  EXPECT_EQ(tester->Out(), "response data hello end\n");
}

TEST(NewFilter, AnUpstreamsHeaderIsReplaced) {
  std::unique_ptr<FilterTester> tester(NewTester());
  tester->Request({{":method", "GET"}});
  tester->Response({{":status", "200"}, {"x-served-by", "somebody"}});
  EXPECT_EQ(tester->Out(),
            "request :method=GET end\n"
            "response :status=200 x-served-by=sluice end\n");
}

TEST(NewFilter, RequestsThatCarryTheHeaderAreRefused) {
  std::unique_ptr<FilterTester> tester(NewTester());
  tester->Request({{":method", "GET"}, {"x-served-by", "me"}});
  EXPECT_EQ(tester->Out(), "reply 400 new_filter_refused reserved header\n\n");
}

TEST(NewFilter, TheNameMustBeInLowerCase) {
  std::string error;
  EXPECT_EQ(FactoryOf("X-Served-By", &error), nullptr);
  EXPECT_NE(error.find("header"), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice
