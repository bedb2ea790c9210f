#include "source/accesslog/tunnel_operators.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "source/http/websocket/frame_meter.h"

namespace sluice {
namespace {

using Op = FormatOperator;
using Context = FormatContext;
using From = FrameMeter::From;

const FrameMeter* Frames(const Context& context) {
  return context.info.tunnel == nullptr ? nullptr : context.info.tunnel->frames;
}

template <From from>
bool MessagesOp(const Op&, const Context& context, std::string& out) {
  const FrameMeter* const frames = Frames(context);
  if (frames == nullptr) return false;
  const FrameMeter::Counts& counts = frames->counts(from);
  absl::StrAppend(&out, counts.text_messages + counts.binary_messages);
  return true;
}

// Milliseconds.
template <From from>
bool RoundTripOp(const Op&, const Context& context, std::string& out) {
  const FrameMeter* const frames = Frames(context);
  if (frames == nullptr || !frames->ping_round_trip(from).has_value()) return false;
  absl::StrAppend(
      &out, std::chrono::duration_cast<std::chrono::milliseconds>(*frames->ping_round_trip(from))
                .count());
  return true;
}

template <From from>
bool ViolationOp(const Op&, const Context& context, std::string& out) {
  const FrameMeter* const frames = Frames(context);
  if (frames == nullptr) return false;
  const absl::string_view text = FrameViolationText(frames->counts(from).first_violation);
  out.append(text.data(), text.size());
  return !text.empty();
}

bool CloseCodeOp(const Op&, const Context& context, std::string& out) {
  if (context.info.tunnel == nullptr || context.info.tunnel->close_code == 0) return false;
  absl::StrAppend(&out, context.info.tunnel->close_code);
  return true;
}

bool EndedByOp(const Op&, const Context& context, std::string& out) {
  if (context.info.tunnel == nullptr) return false;
  const absl::string_view text = TunnelEnderText(context.info.tunnel->ended_by);
  out.append(text.data(), text.size());
  return !text.empty();
}

constexpr auto kNone = OperatorArgument::kNone;
constexpr bool kNumber = true;
constexpr bool kText = false;

// clang-format off
constexpr OperatorKind kKinds[] = {
    {"TUNNEL_ENDED_BY", kNone, kText, EndedByOp},
    {"WEBSOCKET_CLOSE_CODE", kNone, kNumber, CloseCodeOp},
    {"WEBSOCKET_DOWNSTREAM_PING_RTT", kNone, kNumber, RoundTripOp<From::kServer>},
    {"WEBSOCKET_DOWNSTREAM_VIOLATION", kNone, kText, ViolationOp<From::kClient>},
    {"WEBSOCKET_MESSAGES_RECEIVED", kNone, kNumber, MessagesOp<From::kClient>},
    {"WEBSOCKET_MESSAGES_SENT", kNone, kNumber, MessagesOp<From::kServer>},
    {"WEBSOCKET_UPSTREAM_PING_RTT", kNone, kNumber, RoundTripOp<From::kClient>},
    {"WEBSOCKET_UPSTREAM_VIOLATION", kNone, kText, ViolationOp<From::kServer>},
};
// clang-format on

}  // namespace

absl::Span<const OperatorKind> TunnelOperatorKinds() { return kKinds; }

}  // namespace sluice
