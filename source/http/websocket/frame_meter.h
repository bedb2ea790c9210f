// FrameMeter: what one can tell of a WebSocket by the heads of its frames in both directions:
// messages, bytes, the round trip of pings, who closed first and with which code, violations. A
// plain account that its owner turns into statistics and log lines. Pure: time comes in; any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/http/websocket/frame_header.h"

namespace sluice {

class FrameMeter {
 public:
  using From = FrameHeaderReader::From;
  explicit FrameMeter(uint8_t reserved_bits = 0)
      : sides_{Direction(From::kClient, reserved_bits), Direction(From::kServer, reserved_bits)} {}

  struct Counts {
    uint64_t text_messages = 0, binary_messages = 0;  // that have begun their last frame
    // These begin again after 32 bits: idle tunnels pay for each byte here.
    uint32_t frames = 0;
    uint32_t pings = 0, pongs = 0;
    uint32_t violations = 0;
    FrameViolation first_violation = FrameViolation::kNone;
  };
  struct Close {
    From from;
    uint16_t code;
  };

  void OnBytes(From from, absl::string_view bytes, MonotonicTime now);
  // Goes over the front of `bytes` up to the next event, as the reader does, and accounts for it.
  FrameHeaderReader::Event Next(From from, absl::string_view& bytes, MonotonicTime now);
  // A ping that was put in behind what came from there. It is timed, but is not that end's.
  void NotePing(From from, MonotonicTime now);

  const Counts& counts(From from) const { return At(from).counts; }
  const FrameHeaderReader& reader(From from) const { return At(from).reader; }
  // The first close frame of the two.
  const std::optional<Close>& first_close() const { return first_close_; }
  // How long the other side took to answer the last ping from this one, the way through the proxy
  // not counted. Only of a ping that was answered before the next: a pong says by its payload,
  // which is not looked at, which of several it answers.
  std::optional<Duration> ping_round_trip(From from) const {
    const Duration round_trip = At(from).round_trip;
    return round_trip == kNoRoundTrip ? std::nullopt : std::make_optional(round_trip);
  }

 private:
  static constexpr Duration kNoRoundTrip{-1};
  struct Direction {
    Direction(From from, uint8_t reserved_bits) : reader(from, reserved_bits) {}
    FrameHeaderReader reader;
    Counts counts;
    uint32_t pings_open = 0;
    bool text = false;  // the message that is under way
    MonotonicTime pinged{};
    Duration round_trip = kNoRoundTrip;
  };
  const Direction& At(From from) const { return sides_[static_cast<size_t>(from)]; }
  Direction& At(From from) { return sides_[static_cast<size_t>(from)]; }
  void OnFrame(From from, MonotonicTime now);
  static void OnDataFrame(Direction& side, const FrameHeader& frame);
  static void OnPong(Direction& asked, MonotonicTime now);
  static void CountViolation(Direction& side);

  std::array<Direction, 2> sides_;
  std::optional<Close> first_close_;
};

}  // namespace sluice
