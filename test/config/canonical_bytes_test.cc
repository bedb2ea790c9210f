#include "source/config/canonical_bytes.h"

#include "envoy/config/listener/v3/listener.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using envoy::config::listener::v3::Listener;

Listener Read(const std::string& text) {
  Listener listener;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &listener)) << text;
  return listener;
}

// A listener whose one filter has these bytes, under this URL.
Listener WithFilter(const std::string& type_url, const std::string& value) {
  Listener listener = Read("name: 'l' filter_chains { filters { name: 'f' } }");
  auto& any = *listener.mutable_filter_chains(0)->mutable_filters(0)->mutable_typed_config();
  any.set_type_url(type_url);
  any.set_value(value);
  return listener;
}

TEST(CanonicalBytes, EqualForEqualMessagesOnly) {
  EXPECT_EQ(CanonicalBytes(Read("name: 'a'")), CanonicalBytes(Read("name: 'a'")));
  EXPECT_NE(CanonicalBytes(Read("name: 'a'")), CanonicalBytes(Read("name: 'b'")));
  // Unset and set to the default are two things where a wrapper says so.
  EXPECT_NE(CanonicalBytes(Read("tcp_backlog_size {}")), CanonicalBytes(Read("")));
}

TEST(CanonicalBytes, TheOrderOfMapEntriesDoesNotCount) {
  const std::string one = "fields { key: 'a' value { number_value: 1 } }";
  const std::string two = "fields { key: 'b' value { number_value: 2 } }";
  const auto with = [](const std::string& fields) {
    return Read("metadata { filter_metadata { key: 'k' value { " + fields + " } } }");
  };
  EXPECT_EQ(CanonicalBytes(with(one + two)), CanonicalBytes(with(two + one)));
}

TEST(CanonicalBytes, HowAnAnyIsEncodedDoesNotCount) {
  // {"a": 1, "b": 2} of google.protobuf.Struct, its two entries either way around.
  const std::string a("\x0a\x0e\x0a\x01\x61\x12\x09\x11\x00\x00\x00\x00\x00\x00\xf0\x3f", 16);
  const std::string b("\x0a\x0e\x0a\x01\x62\x12\x09\x11\x00\x00\x00\x00\x00\x00\x00\x40", 16);
  google::protobuf::Struct read;
  ASSERT_TRUE(read.ParseFromString(a + b));
  ASSERT_EQ(read.fields().at("b").number_value(), 2);
  const std::string url = "type.googleapis.com/google.protobuf.Struct";
  EXPECT_EQ(CanonicalBytes(WithFilter(url, a + b)), CanonicalBytes(WithFilter(url, b + a)));
  EXPECT_EQ(CanonicalBytes(WithFilter("x.org/google.protobuf.Struct", a)),
            CanonicalBytes(WithFilter(url, a)));
  EXPECT_NE(CanonicalBytes(WithFilter(url, a)), CanonicalBytes(WithFilter(url, b)));
}

TEST(CanonicalBytes, AnAnyInAnAnyIsLookedInto) {
  const auto nested = [](const std::string& url) {
    google::protobuf::Any inner, outer;
    inner.set_type_url(url + "/google.protobuf.Struct");
    outer.PackFrom(inner);
    return WithFilter(outer.type_url(), outer.value());
  };
  EXPECT_EQ(CanonicalBytes(nested("type.googleapis.com")), CanonicalBytes(nested("x.org")));
}

TEST(CanonicalBytes, WhatIsNotBuiltInIsComparedAsItIs) {
  EXPECT_EQ(CanonicalBytes(WithFilter("t/no.such.Type", "\xff")),
            CanonicalBytes(WithFilter("t/no.such.Type", "\xff")));
  EXPECT_NE(CanonicalBytes(WithFilter("t/no.such.Type", "\xff")),
            CanonicalBytes(WithFilter("t/no.such.Type", "\xfe")));
  // Bytes that are not of their type.
  EXPECT_NE(CanonicalBytes(WithFilter("t/google.protobuf.Struct", "\xff")),
            CanonicalBytes(WithFilter("t/google.protobuf.Struct", "\xfe")));
}

}  // namespace
}  // namespace sluice
