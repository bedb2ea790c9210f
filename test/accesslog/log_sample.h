// LogSample: one finished request for tests of formats and filters.
#pragma once

#include "source/accesslog/log_format.h"
#include "source/base/arena.h"
#include "source/net/address.h"

namespace sluice {

struct LogSample {
  LogSample() {
    using std::chrono::milliseconds;
    request.Add(":method", "GET");
    request.Add(":path", "/a?b=c");
    request.Add(":authority", "example.com");
    request.Add("user-agent", "curl");
    response.Add(":status", "200");
    response.Add("server", "sluice");
    // 2026-11-21 04:05:06.789 UTC, a Saturday.
    info.start_wall = WallTime(milliseconds(1795233906789));
    info.start = MonotonicTime(milliseconds(1000));
    info.response_start = info.start + milliseconds(12);
    info.end = info.start + milliseconds(42);
    info.response_code = 200;
    info.request_body_bytes = 3;
    info.response_body_bytes = 5;
    info.upstream_host = &host;
    info.remote_address = *Address::FromIp("2001:db8::1", 99);
    info.stream_id = 17;
  }

  FormatContext context() const {
    return {.info = info, .request = &request, .response = &response};
  }

  Arena arena;
  Headers request{arena};
  Headers response{arena};
  const Address host = *Address::FromIp("10.0.0.1", 8080);
  StreamInfo info;
};

}  // namespace sluice
