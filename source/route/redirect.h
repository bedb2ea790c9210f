// Redirect: a RedirectAction of envoy.config.route.v3 as a value: where a request is sent instead.
// Const, part of a RouteTable; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "source/http/headers.h"
#include "source/route/rewrite.h"

namespace sluice {

struct Redirect {
  uint16_t status = 301;
  // Each of these keeps what the request says where it is empty.
  std::string scheme;
  std::string host;
  std::string port;  // ":8443"
  std::string path;  // with or without a query string of its own
  PathRewrite path_rewrite;
  bool strip_query = false;

  // Appends the value of the location header.
  void AppendLocation(const Headers& request, std::string& out) const;
};

// The location, on https, for a request to a virtual host that require_tls guards.
void AppendTlsLocation(const Headers& request, std::string& out);

}  // namespace sluice
