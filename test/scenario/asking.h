// Asking a proxy, and what its hosts have heard of it: what scenarios about clusters begin with.
#pragma once

#include <algorithm>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {

// Of the answer to GET /, on a connection of its own.
inline int StatusOf(ProxyFixture& proxy) {
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  const int status = client.response(0).status();
  client.Close();
  return status;
}

inline size_t RequestsFor(const H1Server& host, absl::string_view path) {
  return std::count_if(host.requests().begin(), host.requests().end(),
                       [path](const H1Message& request) { return request.path() == path; });
}

}  // namespace sluice
