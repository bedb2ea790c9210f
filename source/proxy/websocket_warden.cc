#include "source/proxy/websocket_warden.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "source/http/websocket/control_frame.h"

namespace sluice {
namespace {

using Event = FrameHeaderReader::Event;

struct ReasonRow {
  uint16_t code;
  absl::string_view details;
};

// RFC 6455 section 7.4.1; 1012 is "service restart" of the registry of its section 11.7.
constexpr ReasonRow kReasons[] = {
    {0, ""},
    {1001, ""},
    {1002, "websocket_protocol_violation"},
    {1009, "websocket_message_too_big"},
    {1001, "websocket_max_age"},
    {1011, "websocket_ping_timeout"},
    {1008, "websocket_message_rate"},
    {1012, "websocket_host_removed"},
    {1012, "websocket_host_unhealthy"},
};
static_assert(std::size(kReasons) == static_cast<size_t>(WardenReason::kCount));

}  // namespace

WebSocketWarden::WebSocketWarden(const WebSocketPolicy& policy, FrameMeter& frames,
                                 WorkerContext& worker)
    : policy_(policy),
      frames_(frames),
      worker_(worker),
      sides_{Side(worker.slabs), Side(worker.slabs)} {
  for (const From from : {From::kClient, From::kServer}) {
    At(from).heard = now();
    At(from).said = frames.reader(from).closed();
  }
  if (policy.messages_per_second > 0)
    rate_.emplace(policy.messages_per_second, policy.message_burst);
  if (policy.age_max.count() == 0) return;
  const uint64_t jitter = policy.age_max.count() / 100 * policy.age_jitter_percent;
  deadline_ = now() + policy.age_max;
  if (jitter > 0) deadline_ += Duration(worker.random.Below(jitter));
}

uint16_t WebSocketWarden::code() const { return kReasons[static_cast<size_t>(reason_)].code; }

absl::string_view WebSocketWarden::details() const {
  return kReasons[static_cast<size_t>(reason_)].details;
}

// ---- What passes.

void WebSocketWarden::OnEnded(From from) {
  Side& side = At(from);
  side.ended = true;
  if (!closing()) {
    side.out_ended = true;
  } else if (side.awaits_boundary) {
    LetGo(side);
  }
}

End WebSocketWarden::Take(From from, Buffer& data, End end) {
  Side& side = At(from);
  side.heard = now();
  side.pinged = kNever;
  At(Other(from)).ping_due = false;
  const bool was_cut = side.cut;
  const size_t passing = Follow(from, data);
  if (was_cut) {
    data.Clear();
  } else if (passing < side.held.size() + data.size() || !side.held.empty()) {
    Buffer all = std::move(side.held);
    all.MoveFrom(data);
    data.MoveFrom(all, passing);
    const FrameHeaderReader& reader = frames_.reader(from);
    // What is left is a head that is not complete, or what is not to pass.
    if (!side.cut && !reader.judged() && end == End::kNo) side.held = std::move(all);
  }
  if (end == End::kNo) return End::kNo;
  OnEnded(from);
  return closing() ? End::kNo : End::kYes;
}

// How many of the bytes that were held and came now may pass.
size_t WebSocketWarden::Follow(From from, const Buffer& data) {
  Side& side = At(from);
  const FrameHeaderReader& reader = frames_.reader(from);
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  size_t offset = side.held.size();
  size_t passing = kAll;
  data.ForEachPiece([&](absl::string_view piece) {
    while (true) {
      const size_t left = piece.size();
      const Event event = frames_.Next(from, piece, now());
      offset += left - piece.size();
      if (event == Event::kNeedMore) return;
      const bool was_cut = side.cut;
      if (!closing()) Judge(from, event);
      // Of a frame that has begun to pass before the tunnel was closed the rest passes, too.
      if (side.awaits_boundary && event == Event::kFrame && reader.begun_bytes() <= offset)
        CutHere(side);
      if (side.cut && !was_cut) passing = offset - reader.begun_bytes();
      if (event == Event::kCloseCode && !side.cut) side.said = true;
    }
  });
  if (side.awaits_boundary && reader.at_boundary()) CutHere(side);
  if (passing != kAll) return passing;
  const bool holds = judges() && !side.cut && !closing() && !reader.judged();
  return holds ? offset - reader.begun_bytes() : offset;
}

void WebSocketWarden::CutHere(Side& side) {
  side.awaits_boundary = false;
  side.cut = true;
  side.close_due = !side.said;
}

void WebSocketWarden::Judge(From from, Event event) {
  const FrameHeaderReader& reader = frames_.reader(from);
  const FrameHeader& frame = reader.frame();
  if (policy_.enforce && reader.violation() != FrameViolation::kNone)
    return Begin(WardenReason::kViolation, from, std::nullopt);
  if (event != Event::kFrame || frame.opcode > Opcode::kBinary) return;
  const bool begins = frame.opcode != Opcode::kContinuation;
  if (from == From::kClient && begins && rate_.has_value() && !rate_->Take(now()))
    return Begin(WardenReason::kMessageRate, from, std::nullopt);
  if (policy_.message_bytes_max == 0) return;
  Side& side = At(from);
  if (begins) side.message_bytes = 0;
  // Neither can wrap around: a length has 63 bits, and what has passed is at most the maximum.
  if (frame.length > policy_.message_bytes_max - side.message_bytes)
    return Begin(WardenReason::kMessageTooBig, from, std::nullopt);
  side.message_bytes += frame.length;
}

// ---- How it is closed.

// `cutting`: the frame from there that was just read does not pass. `dead`: nothing is to be said
// to that end.
void WebSocketWarden::Begin(WardenReason reason, std::optional<From> cutting,
                            std::optional<From> dead) {
  if (closing()) return;
  reason_ = reason;
  deadline_ = now() + kCloseWait;
  for (const From from : {From::kClient, From::kServer}) {
    Side& side = At(from);
    side.ping_due = false;
    if (side.out_ended) continue;
    if (dead == Other(from)) {
      LetGo(side);
    } else if (cutting == from) {
      CutHere(side);
    } else if (side.said) {
      continue;  // by the end itself; what is still to come of that passes
    } else if (between_frames(from)) {
      side.held.Clear();
      CutHere(side);
    } else if (frames_.reader(from).lost()) {
      LetGo(side);
    } else {
      side.awaits_boundary = true;
    }
  }
}

void WebSocketWarden::LetGo(Side& side) {
  side.awaits_boundary = false;
  side.cut = side.let_go = true;
}

// The end that this direction leads to has answered our Close, or will not.
bool WebSocketWarden::MayEnd(From from) const {
  const Side& side = At(from);
  if (side.let_go) return true;
  return side.said && (frames_.reader(Other(from)).closed() || At(Other(from)).ended);
}

End WebSocketWarden::TakeOwn(From from, Buffer& out) {
  Side& side = At(from);
  if (side.out_ended) return End::kNo;
  const auto mask = [&]() -> FrameMask {
    if (from == From::kServer) return std::nullopt;
    return worker_.random.NextSecret();
  };
  if (side.close_due) {
    AppendCloseFrame(code(), mask(), out);
    side.close_due = false;
    side.said = true;
  } else if (side.ping_due && between_frames(from)) {
    AppendPingFrame(mask(), out);
    side.ping_due = false;
    At(Other(from)).pinged = now();
    frames_.NotePing(from, now());
    ++pings_;
  }
  if (!closing() || !MayEnd(from)) return End::kNo;
  side.out_ended = side.cut = true;
  return End::kYes;
}

// ---- Time.

void WebSocketWarden::CheckSilence(From end, bool is_paused) {
  Side& side = At(end);
  Side& way = At(Other(end));  // to it
  if (side.ended || way.out_ended || way.said || closing()) return;
  if (is_paused) {
    side.heard = now();
    side.pinged = kNever;
  } else if (side.pinged != kNever) {
    if (now() >= side.pinged + policy_.ping_timeout)
      Begin(WardenReason::kSilence, std::nullopt, end);
  } else if (now() >= side.heard + policy_.ping_interval) {
    way.ping_due = true;
    side.heard = now();  // to be asked again where that cannot be said soon
  }
}

void WebSocketWarden::NoteHost(HostState state) {
  host_ = state;
  if (state == HostState::kUsable) {
    host_deadline_ = kNever;
  } else if (host_deadline_ == kNever) {
    host_deadline_ = now() + policy_.host_gone_grace.value_or(Duration{0});
  }
}

bool WebSocketWarden::OnTime(bool client_is_paused, bool upstream_is_paused) {
  if (!closing() && policy_.ping_interval.count() > 0) {
    CheckSilence(From::kClient, client_is_paused);
    CheckSilence(From::kServer, upstream_is_paused);
  }
  if (now() >= host_deadline_) {
    const bool removed = host_ == HostState::kRemoved;
    Begin(removed ? WardenReason::kHostRemoved : WardenReason::kHostUnhealthy, std::nullopt,
          std::nullopt);
  }
  if (now() < deadline_) return true;
  if (!closing()) {
    Begin(WardenReason::kAge, std::nullopt, std::nullopt);
    return true;
  }
  if (At(From::kClient).out_ended && At(From::kServer).out_ended) return false;
  LetGo(At(From::kClient));
  LetGo(At(From::kServer));
  deadline_ = now() + kCloseWait;
  return true;
}

MonotonicTime WebSocketWarden::next() const {
  if (closing()) return deadline_;
  MonotonicTime next = std::min(deadline_, host_deadline_);
  if (policy_.ping_interval.count() == 0) return next;
  for (const From end : {From::kClient, From::kServer}) {
    const Side& side = At(end);
    const Side& way = At(Other(end));
    if (side.ended || way.out_ended || way.said) continue;
    next = std::min(next, side.pinged != kNever ? side.pinged + policy_.ping_timeout
                                                : side.heard + policy_.ping_interval);
  }
  return next;
}

}  // namespace sluice
