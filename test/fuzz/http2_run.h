// One HTTP/2 connection under a fuzzer's bytes, in either role: the first byte chooses options and
// what the users of streams do, the rest is what the peer sends behind preface and SETTINGS.
//
// Aborts, and says why, where a stream hears of two ends or of anything behind its end, where what
// we send is no HTTP/2 (read by test/harness/h2_wire.h), or where more is held than the limits
// allow.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct Http2FuzzTold {
  std::string events;
  bool ended = false;  // the connection has to close
};

enum class Http2FuzzRole { kServer, kClient };

// `cuts`: where the bytes are split into reads.
Http2FuzzTold RunHttp2(Http2FuzzRole role, absl::string_view input,
                       const std::vector<size_t>& cuts);

// Both ways, and the same told by both where the connection goes on.
void CheckHttp2(Http2FuzzRole role, absl::string_view input);

}  // namespace sluice
