// The messages in some bytes, as our codecs read them and as llhttp, the parser of Node.js, does.
// For the differential fuzz targets: whatever we take must be the same for both.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct FuzzMessage {
  std::string start;  // method, or the three digits of the status
  // Without Host and trailers; names in lower case, values trimmed.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool complete = false;
  bool gave_up = false;       // llhttp only: it is known to be less able here
  bool ends_reading = false;  // what follows is no longer HTTP/1: upgrades, CONNECT, "close"
};

// `cuts`: where the bytes are split into reads.
std::vector<FuzzMessage> ReadRequests(absl::string_view bytes, const std::vector<size_t>& cuts);
// `method`: of all requests that are answered. The bytes end with the connection.
std::vector<FuzzMessage> ReadResponses(absl::string_view bytes, absl::string_view method,
                                       const std::vector<size_t>& cuts);

std::vector<FuzzMessage> ReadRequestsByLlhttp(absl::string_view bytes);
std::vector<FuzzMessage> ReadResponsesByLlhttp(absl::string_view bytes, absl::string_view method);

// Aborts, and says why, where `ours` took a message that `theirs` did not, or took another one;
// likewise where `cut`, the same bytes in pieces, came to something else.
void CheckSame(const std::vector<FuzzMessage>& ours, const std::vector<FuzzMessage>& theirs);
void CheckCut(const std::vector<FuzzMessage>& ours, const std::vector<FuzzMessage>& cut);

// Two to four positions that depend on the bytes.
std::vector<size_t> CutsOf(absl::string_view bytes);

}  // namespace sluice
