// WebSocketWarden: what the proxy itself does to a WebSocket: holds it to its policy, asks an end
// that is silent whether it lives, and closes it as an end would (RFC 6455 section 7.1): a Close
// frame each way between two frames, then a bounded time for the answers, so that neither end sees
// it break off.
//
// In its stream's arena, on its worker; only where there is a policy to hold, or a tunnel to close.
// All bytes of both directions go through Take, which leaves what may pass; what the proxy has to
// say goes behind it, from TakeOwn. So each direction stays a row of whole frames.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "source/base/buffer.h"
#include "source/base/units.h"
#include "source/event/worker_context.h"
#include "source/http/codec.h"
#include "source/http/websocket/frame_meter.h"
#include "source/http/websocket/message_rate.h"
#include "source/http/websocket/policy.h"
#include "source/upstream/host_watch.h"

namespace sluice {

enum class WardenReason : uint8_t {
  kNone,       // it is not being closed
  kOrder,      // its owner's
  kViolation,  // by an end that is held to the protocol
  kMessageTooBig,
  kAge,
  kSilence,  // of an end that was asked
  kMessageRate,
  kHostRemoved,
  kHostUnhealthy,
  kCount
};

class WebSocketWarden {
 public:
  using From = FrameMeter::From;
  // All of it outlives the warden. From ends that have ended their direction nothing comes.
  WebSocketWarden(const WebSocketPolicy& policy, FrameMeter& frames, WorkerContext& worker);
  void OnEnded(From from);  // before it was made, or without Take: the end is gone

  // Bytes from an end, its last with kYes. Leaves in `data` what may pass; kYes: that direction
  // ends behind it.
  End Take(From from, Buffer& data, End end);
  // What the proxy itself says in the direction from that end, and whether it ends it. After every
  // other call, for both directions.
  End TakeOwn(From from, Buffer& out);

  // What has become of the upstream host.
  void NoteHost(HostState state);
  void Close() { Begin(WardenReason::kOrder, std::nullopt, std::nullopt); }
  // An end whose bytes the proxy does not read at present cannot be told from a silent one. False:
  // it has been closed for long enough, and nobody need wait for what has not ended yet.
  bool OnTime(bool client_is_paused, bool upstream_is_paused);
  MonotonicTime next() const;

  WardenReason reason() const { return reason_; }
  bool closing() const { return reason_ != WardenReason::kNone; }
  uint16_t code() const;              // that goes into the Close frames
  absl::string_view details() const;  // empty: its owner's
  uint32_t pings() const { return pings_; }

  // For the answer to a Close, which takes a round trip; and again for the ends that gave none.
  // As long as browsers wait themselves, less what a slow link needs.
  static constexpr Duration kCloseWait = std::chrono::seconds(5);

 private:
  static constexpr MonotonicTime kNever = MonotonicTime::max();
  struct Side {
    explicit Side(SlabPool& slabs) : held(slabs) {}
    // The end.
    MonotonicTime heard{};
    MonotonicTime pinged = kNever;  // and not heard since
    bool ended = false;             // it says nothing more
    // The direction from it.
    Buffer held;                 // the beginning of a frame that cannot be judged yet
    uint64_t message_bytes = 0;  // of the message under way
    bool said = false;           // a Close frame has passed, or its place is taken by ours
    bool close_due = false;
    bool ping_due = false;
    bool awaits_boundary = false;  // the frame under way still passes
    bool cut = false;              // what comes is dropped
    bool let_go = false;           // ends without a word
    bool out_ended = false;        // the other end has been told that it has ended
  };
  static From Other(From from) { return from == From::kClient ? From::kServer : From::kClient; }
  Side& At(From from) { return sides_[static_cast<size_t>(from)]; }
  const Side& At(From from) const { return sides_[static_cast<size_t>(from)]; }
  bool judges() const {
    return policy_.enforce || policy_.message_bytes_max > 0 || policy_.messages_per_second > 0;
  }
  bool between_frames(From from) const {
    return frames_.reader(from).at_boundary() || !At(from).held.empty();
  }
  size_t Follow(From from, const Buffer& data);
  void Judge(From from, FrameHeaderReader::Event event);
  void Begin(WardenReason reason, std::optional<From> cutting, std::optional<From> dead);
  static void CutHere(Side& side);
  static void LetGo(Side& side);
  bool MayEnd(From from) const;
  void CheckSilence(From end, bool is_paused);
  MonotonicTime now() const { return worker_.loop.now(); }

  const WebSocketPolicy& policy_;
  FrameMeter& frames_;
  WorkerContext& worker_;
  std::array<Side, 2> sides_;
  std::optional<MessageRate> rate_;       // of the client's messages
  MonotonicTime deadline_ = kNever;       // of its age; when it is closing, of that
  MonotonicTime host_deadline_ = kNever;  // by which its host is to be usable again
  HostState host_ = HostState::kUsable;
  WardenReason reason_ = WardenReason::kNone;
  uint32_t pings_ = 0;
};

}  // namespace sluice
