// ClosedStreams: what is remembered of a client's streams that are over, so that a client that has
// lost count is told from frames that were under way (RFC 9113 section 5.1). Pure; no allocation.
//
// One per connection in the server's role. Of the streams that the client itself has ended it knows
// the last few, of the numbers that the client has passed over the last range: what it does not
// know is kUnknown, and no reason to complain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {

class ClosedStreams {
 public:
  static constexpr size_t kRemembered = 16;
  enum class Fate : uint8_t {
    kUnknown,
    kNeverUsed,  // a later number came first
    kEnded,      // the client has sent END_STREAM
    kReset,      // the client has sent RST_STREAM
  };

  // Numbers of clients: odd, and each above the last.
  void OnOpened(int32_t id);
  // Of a stream that the client has ended: kEnded or kReset.
  void OnEndedByClient(int32_t id, Fate fate);
  Fate Find(int32_t id) const;

 private:
  int32_t newest_ = -1;
  int32_t passed_over_first_ = 0;
  int32_t passed_over_last_ = 0;
  // Numbers are odd: one more is that of a stream that was reset. 0: none yet.
  std::array<uint32_t, kRemembered> ended_{};
  uint32_t next_ = 0;
};

}  // namespace sluice
