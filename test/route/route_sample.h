// For tests of routes: a table from text, and requests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/text_format.h"
#include "source/base/arena.h"
#include "source/route/route_config.h"

namespace sluice {

// Null and the errors in `errors`, when there are any.
inline std::shared_ptr<const RouteTable> ReadRouteTable(const std::string& text,
                                                        std::string* error_text = nullptr) {
  envoy::config::route::v3::RouteConfiguration proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  ConfigErrors errors;
  auto table = ParseRouteTable(proto, FieldScope(errors, "routes"));
  EXPECT_EQ(table != nullptr, errors.empty());
  if (error_text != nullptr) {
    *error_text = errors.ToString();
  } else {
    EXPECT_EQ(errors.ToString(), "");
  }
  return table;
}

// A table with one virtual host for all domains.
inline std::shared_ptr<const RouteTable> ReadRoutes(const std::string& routes,
                                                    std::string* error_text = nullptr) {
  return ReadRouteTable(absl::StrCat("virtual_hosts { name: 'v' domains: '*' ", routes, " }"),
                        error_text);
}

struct TestRequest {
  explicit TestRequest(absl::string_view path, absl::string_view host = "example.com") {
    headers.Add(":method", "GET");
    headers.Add(":path", path);
    headers.Add(":authority", host);
    headers.Add(":scheme", "http");
  }

  Arena arena;
  Headers headers{arena};
};

// The name of the route, or why there is none.
inline std::string RouteName(const RouteTable& table, const Headers& headers, uint64_t random = 0) {
  const RouteMatch match = table.Match(headers, false, random);
  switch (match.failure) {
    case NoRoute::kNone:
      return match.route->name;
    case NoRoute::kNoVirtualHost:
      return "no virtual host";
    case NoRoute::kNoMatch:
      return "no match";
    case NoRoute::kTlsRequired:
      return "tls required";
  }
  return "";
}

}  // namespace sluice
