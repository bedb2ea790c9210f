// What routes say to filters: which level counts, what is refused.
#include "source/route/filter_settings.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

using envoy::extensions::filters::http::buffer::v3::Buffer;

struct Bytes {
  uint32_t max;
};

std::shared_ptr<const RouteTable> Read(const std::string& text, std::string* error_text) {
  const FilterSettingsParsers parsers = {
      {Buffer::descriptor()->full_name(),
       [](const google::protobuf::Message& message, RuntimeKeys*, const FieldScope& scope) {
         const uint32_t max = static_cast<const Buffer&>(message).max_request_bytes().value();
         if (max == 0) scope.At("max_request_bytes").Error("is required");
         return FilterValue::Of(std::make_shared<const Bytes>(Bytes{max}));
       }}};
  envoy::config::route::v3::RouteConfiguration proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  ConfigErrors errors;
  auto table = ParseRouteTable(proto, FieldScope(errors, "routes"), nullptr, &parsers);
  *error_text = errors.ToString();
  return table;
}

constexpr char kFilterConfig[] = "type.googleapis.com/envoy.config.route.v3.FilterConfig";

std::string Say(const std::string& filter, const std::string& any) {
  return absl::StrCat("typed_per_filter_config { key: '", filter, "' value { ", any, " } } ");
}
std::string BytesMax(int max) {
  return absl::StrCat(
      "[type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer] { max_request_bytes { "
      "value: ",
      max, " } }");
}
std::string Wrapped(const std::string& fields) {
  return absl::StrCat("[", kFilterConfig, "] { ", fields, " }");
}

// What the only route says to the filter "f": its bytes; "nothing", "disabled" or "enabled".
std::string Said(const std::string& route, const std::string& host = "",
                 const std::string& table_text = "") {
  std::string error;
  const auto table = Read(absl::StrCat(table_text, "virtual_hosts { name: 'v' domains: '*' ", host,
                                       "routes { match { prefix: '/' } direct_response { status: "
                                       "200 } ",
                                       route, "} }"),
                          &error);
  if (table == nullptr) return error;
  const Route* const found = table->Match(TestRequest("/").headers, false, 0).route;
  const FilterSettings* const said = FindSettings(found->filter_settings.get(), FilterKey("f"));
  if (said == nullptr) return "nothing";
  if (said->disabled) return "disabled";
  const Bytes* const bytes = said->value.As<Bytes>();
  return bytes == nullptr ? "enabled" : absl::StrCat(bytes->max);
}

TEST(FilterSettingsOfRoutes, TheMostSpecificLevelCounts) {
  EXPECT_EQ(Said(""), "nothing");
  EXPECT_EQ(Said(Say("f", BytesMax(1)), Say("f", BytesMax(2)), Say("f", BytesMax(3))), "1");
  EXPECT_EQ(Said("", Say("f", BytesMax(2)), Say("f", BytesMax(3))), "2");
  EXPECT_EQ(Said("", "", Say("f", BytesMax(3))), "3");
}

TEST(FilterSettingsOfRoutes, EachFilterHasItsOwn) {
  EXPECT_EQ(Said(Say("g", BytesMax(1))), "nothing");
  EXPECT_EQ(Said(Say("g", BytesMax(1)), Say("f", BytesMax(2))), "2");
  EXPECT_EQ(Said(Say("f", BytesMax(1)) + Say("g", BytesMax(2))), "1");
}

TEST(FilterSettingsOfRoutes, AFilterIsDisabledAndEnabledAgain) {
  EXPECT_EQ(Said(Say("f", Wrapped("disabled: true"))), "disabled");
  EXPECT_EQ(Said(Say("f", BytesMax(1)), Say("f", Wrapped("disabled: true"))), "1");
  EXPECT_EQ(Said(Say("f", Wrapped("config {}")), Say("f", Wrapped("disabled: true"))), "enabled");
  EXPECT_EQ(Said(Say("f", Wrapped("disabled: true")), Say("f", BytesMax(1))), "disabled");
}

TEST(FilterSettingsOfRoutes, WhatADisabledFilterWouldBeToldIsIgnored) {
  EXPECT_EQ(
      Said(Say("f", Wrapped(absl::StrCat("disabled: true config { [", kFilterConfig, "] {} }")))),
      "disabled");
}

TEST(FilterSettingsOfRoutes, AWrapperIsLookedThrough) {
  EXPECT_EQ(Said(Say("f", Wrapped(absl::StrCat("config { ", BytesMax(7), " }")))), "7");
}

TEST(FilterSettingsOfRoutes, OfATypeThatNobodyReadsOnlyOptionalOnesPass) {
  const std::string unknown =
      "config { [type.googleapis.com/envoy.config.route.v3.RedirectAction] {} }";
  EXPECT_EQ(Said(Say("f", Wrapped(unknown + " is_optional: true"))), "enabled");
  EXPECT_EQ(Said(Say("f", Wrapped(unknown))),
            "routes.virtual_hosts[0].routes[0].typed_per_filter_config[\"f\"]: no built-in filter "
            "takes configuration of type envoy.config.route.v3.RedirectAction; a FilterConfig with "
            "is_optional lets the route do without\n");
}

TEST(FilterSettingsOfRoutes, AnEmptyWrapperIsRefused) {
  EXPECT_EQ(Said(Say("f", Wrapped(""))),
            "routes.virtual_hosts[0].routes[0].typed_per_filter_config[\"f\"].config: is required; "
            "an empty one enables the filter; or set disabled\n");
}

TEST(FilterSettingsOfRoutes, ErrorsOfAFiltersParserNameTheirPlace) {
  EXPECT_EQ(Said("", Say("f", BytesMax(0))),
            "routes.virtual_hosts[0].typed_per_filter_config[\"f\"].max_request_bytes: is "
            "required\n");
}

TEST(FilterSettingsOfRoutes, AValueOfAnotherTypeIsNone) {
  const FilterValue value = FilterValue::Of(std::make_shared<const Bytes>(Bytes{1}));
  EXPECT_EQ(value.As<uint32_t>(), nullptr);
  EXPECT_NE(value.As<Bytes>(), nullptr);
}

}  // namespace
}  // namespace sluice
