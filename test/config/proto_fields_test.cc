#include "source/config/proto_fields.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/core/v3/protocol.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/type/v3/percent.pb.h"
#include "source/config/any_unpack.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace sluice {
namespace {

using envoy::config::core::v3::DataSource;
using envoy::config::core::v3::HttpProtocolOptions;
using envoy::config::listener::v3::Listener;
using envoy::extensions::filters::http::router::v3::Router;
using envoy::type::v3::FractionalPercent;

struct Reading {
  ConfigErrors errors;
  FieldScope scope{errors, "root"};

  std::string text() const { return errors.ToString(); }
};

TEST(ProtoFields, DurationIsTheFallbackWhenNotSet) {
  Reading reading;
  HttpProtocolOptions options;
  EXPECT_EQ(DurationOr(options, "idle_timeout", std::chrono::hours(1), reading.scope),
            std::chrono::hours(1));
  options.mutable_idle_timeout()->set_seconds(2);
  options.mutable_idle_timeout()->set_nanos(500'000'000);
  EXPECT_EQ(DurationOr(options, "idle_timeout", std::chrono::hours(1), reading.scope),
            std::chrono::milliseconds(2500));
  EXPECT_TRUE(reading.errors.empty());
}

TEST(ProtoFields, DurationOutOfRangeIsAnErrorAndTheFallback) {
  Reading reading;
  HttpProtocolOptions options;
  options.mutable_idle_timeout()->set_seconds(-1);
  EXPECT_EQ(DurationOr(options, "idle_timeout", Duration(7), reading.scope), Duration(7));
  EXPECT_EQ(reading.errors.errors()[0].path, "root.idle_timeout");
  EXPECT_EQ(reading.errors.errors()[0].message,
            "must be a duration from 0s to 3.1536e+09s, is -1s");
  options.mutable_idle_timeout()->set_seconds(11);
  DurationRange range{.max = std::chrono::seconds(10)};
  EXPECT_FALSE(OptionalDuration(options, "idle_timeout", reading.scope, range).has_value());
  options.mutable_idle_timeout()->set_seconds(10);
  EXPECT_TRUE(OptionalDuration(options, "idle_timeout", reading.scope, range).has_value());
  EXPECT_EQ(reading.errors.size(), 2u);
}

TEST(ProtoFields, DurationThatIsNone) {
  Reading reading;
  google::protobuf::Duration duration;
  duration.set_seconds(1);
  duration.set_nanos(-1);
  EXPECT_FALSE(ReadDuration(duration, reading.scope).has_value());
  duration.set_nanos(1'000'000'000);
  EXPECT_FALSE(ReadDuration(duration, reading.scope).has_value());
  duration.set_nanos(0);
  duration.set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_FALSE(ReadDuration(duration, reading.scope).has_value());
  duration.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_FALSE(ReadDuration(duration, reading.scope).has_value());
  EXPECT_EQ(reading.errors.size(), 4u);
}

TEST(ProtoFields, Wrappers) {
  Reading reading;
  HttpProtocolOptions options;
  EXPECT_EQ(UInt32Or(options, "max_headers_count", 100, reading.scope), 100u);
  options.mutable_max_headers_count()->set_value(0);
  EXPECT_EQ(UInt32Or(options, "max_headers_count", 100, reading.scope), 0u);
  EXPECT_EQ(UInt32Or(options, "max_headers_count", 100, reading.scope, {.min = 1, .max = 9}), 100u);
  EXPECT_EQ(reading.text(), "root.max_headers_count: must be from 1 to 9, is 0\n");
  Listener listener;
  EXPECT_TRUE(BoolOr(listener, "bind_to_port", true));
  listener.mutable_bind_to_port()->set_value(false);
  EXPECT_FALSE(BoolOr(listener, "bind_to_port", true));
}

TEST(ProtoFields, Required) {
  Reading reading;
  Listener listener;
  EXPECT_FALSE(Required(listener, "address", reading.scope));
  EXPECT_FALSE(Required(listener, "name", reading.scope));
  EXPECT_FALSE(Required(listener, "filter_chains", reading.scope));
  EXPECT_EQ(reading.text(),
            "root.address: is required\nroot.name: is required\n"
            "root.filter_chains: is required\n");
  listener.mutable_address();
  listener.set_name("a");
  listener.add_filter_chains();
  EXPECT_TRUE(Required(listener, "address", reading.scope));
  EXPECT_TRUE(Required(listener, "name", reading.scope));
  EXPECT_TRUE(Required(listener, "filter_chains", reading.scope));
  EXPECT_EQ(reading.errors.size(), 3u);
}

TEST(ProtoFieldsDeathTest, AFieldThatIsNotThereIsABug) {
  Listener listener;
  EXPECT_DEATH(BoolOr(listener, "bind_to_prt", true), "has no field bind_to_prt");
  EXPECT_DEATH(BoolOr(listener, "address", true), "is not a google.protobuf.BoolValue");
}

TEST(ProtoFields, PercentsInPartsPerMillion) {
  Reading reading;
  FractionalPercent percent;
  percent.set_numerator(25);
  EXPECT_EQ(ReadPartsPerMillion(percent, reading.scope), 250'000u);
  percent.set_denominator(FractionalPercent::TEN_THOUSAND);
  EXPECT_EQ(ReadPartsPerMillion(percent, reading.scope), 2'500u);
  percent.set_denominator(FractionalPercent::MILLION);
  EXPECT_EQ(ReadPartsPerMillion(percent, reading.scope), 25u);
  EXPECT_TRUE(reading.errors.empty());
  percent.set_denominator(FractionalPercent::HUNDRED);
  percent.set_numerator(101);
  EXPECT_EQ(ReadPartsPerMillion(percent, reading.scope), std::nullopt);
  EXPECT_EQ(reading.text(), "root.numerator: must be at most 100 (the denominator), is 101\n");
  envoy::type::v3::Percent whole;
  whole.set_value(100);
  EXPECT_EQ(ReadPercent(whole, reading.scope), 100);
  whole.set_value(100.5);
  EXPECT_EQ(ReadPercent(whole, reading.scope), std::nullopt);
}

TEST(ProtoFields, RegexIsCompiledWithinLimits) {
  Reading reading;
  auto regex = CompileRegex("a+b", reading.scope);
  ASSERT_NE(regex, nullptr);
  EXPECT_TRUE(re2::RE2::FullMatch("aab", *regex));
  EXPECT_EQ(CompileRegex("a(b", reading.scope), nullptr);
  EXPECT_TRUE(reading.text().starts_with("root: not a regular expression of RE2: missing )"));
  EXPECT_EQ(CompileRegex("aaaa", reading.scope, {.pattern_bytes_max = 3}), nullptr);
  EXPECT_NE(CompileRegex("aaa", reading.scope, {.pattern_bytes_max = 3}), nullptr);
  EXPECT_EQ(CompileRegex("((a{100}){100}){100}", reading.scope), nullptr);
  EXPECT_EQ(reading.errors.size(), 3u);
}

TEST(ProtoFields, DataSources) {
  Reading reading;
  DataSource source;
  EXPECT_EQ(ReadDataSource(source, reading.scope), std::nullopt);
  source.set_inline_string("abc");
  EXPECT_EQ(ReadDataSource(source, reading.scope), "abc");
  EXPECT_EQ(ReadDataSource(source, reading.scope, {.bytes_max = 2}), std::nullopt);
  source.set_inline_bytes(std::string("\0x", 2));
  EXPECT_EQ(ReadDataSource(source, reading.scope), std::string("\0x", 2));
  source.set_environment_variable("SLUICE_TEST_NO_SUCH_VARIABLE");
  EXPECT_EQ(ReadDataSource(source, reading.scope), std::nullopt);
  setenv("SLUICE_TEST_VARIABLE", "value", 1);
  source.set_environment_variable("SLUICE_TEST_VARIABLE");
  EXPECT_EQ(ReadDataSource(source, reading.scope), "value");
  source.set_filename("/nonexistent/file");
  EXPECT_EQ(ReadDataSource(source, reading.scope), std::nullopt);
  EXPECT_EQ(reading.text(),
            "root: names no source; set filename, inline_string or inline_bytes\n"
            "root: holds 3 bytes; at most 2\n"
            "root.environment_variable: \"SLUICE_TEST_NO_SUCH_VARIABLE\" is not set\n"
            "root.filename: cannot read \"/nonexistent/file\": No such file or directory\n");
}

TEST(AnyUnpack, TheTypeAskedFor) {
  Reading reading;
  Router router;
  router.set_suppress_envoy_headers(true);
  google::protobuf::Any any;
  any.PackFrom(router);
  auto unpacked = Unpack<Router>(any, reading.scope);
  ASSERT_TRUE(unpacked.has_value());
  EXPECT_TRUE(unpacked->suppress_envoy_headers());
  EXPECT_EQ(Unpack<Listener>(any, reading.scope), std::nullopt);
  EXPECT_EQ(reading.text(),
            "root: must hold a envoy.config.listener.v3.Listener, holds a "
            "envoy.extensions.filters.http.router.v3.Router\n");
}

TEST(AnyUnpack, UnknownTypesAreNamed) {
  Reading reading;
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/envoy.extensions.filters.http.routr.v3.Router");
  EXPECT_EQ(UnpackAny(any, reading.scope), nullptr);
  any.set_type_url("type.googleapis.com/envoy.config.filter.http.router.v2.Router");
  EXPECT_EQ(UnpackAny(any, reading.scope), nullptr);
  EXPECT_EQ(reading.text(),
            "root: no extension \"envoy.extensions.filters.http.routr.v3.Router\" is built in; "
            "did you mean \"envoy.extensions.filters.http.router.v3.Router\"?\n"
            "root: no extension \"envoy.config.filter.http.router.v2.Router\" is built in; "
            "this is Envoy's v2 API; write it with the v3 API\n");
}

TEST(AnyUnpack, BytesThatAreNotOfTheType) {
  Reading reading;
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router");
  any.set_value("\xff");
  EXPECT_EQ(UnpackAny(any, reading.scope), nullptr);
  EXPECT_EQ(reading.text(),
            "root: does not hold a valid envoy.extensions.filters.http.router.v3.Router\n");
}

template <class TypedStruct>
void ReadsRouterFromTypedStruct() {
  Reading reading;
  TypedStruct typed_struct;
  typed_struct.set_type_url("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router");
  (*typed_struct.mutable_value()->mutable_fields())["suppress_envoy_headers"].set_bool_value(true);
  google::protobuf::Any any;
  any.PackFrom(typed_struct);
  EXPECT_EQ(ContentType(any), "envoy.extensions.filters.http.router.v3.Router");
  auto router = Unpack<Router>(any, reading.scope);
  ASSERT_TRUE(router.has_value());
  EXPECT_TRUE(router->suppress_envoy_headers());

  (*typed_struct.mutable_value()->mutable_fields())["dynamic_stat"].set_bool_value(true);
  any.PackFrom(typed_struct);
  EXPECT_EQ(Unpack<Router>(any, reading.scope), std::nullopt);
  EXPECT_EQ(reading.text(),
            "root.value.dynamic_stat: unknown field; did you mean \"dynamic_stats\"?\n");
}

TEST(AnyUnpack, TypedStructIsTheMessageItNames) {
  ReadsRouterFromTypedStruct<xds::type::v3::TypedStruct>();
  ReadsRouterFromTypedStruct<udpa::type::v1::TypedStruct>();
}

}  // namespace
}  // namespace sluice
