#include "source/http/websocket/frame_meter.h"

namespace sluice {

FrameHeaderReader::Event FrameMeter::Next(From from, absl::string_view& bytes, MonotonicTime now) {
  Direction& side = At(from);
  const FrameHeaderReader::Event event = side.reader.Next(bytes);
  switch (event) {
    case FrameHeaderReader::Event::kNeedMore:
      break;
    case FrameHeaderReader::Event::kFrame:
      OnFrame(from, now);
      break;
    case FrameHeaderReader::Event::kCloseCode:
      if (!first_close_.has_value()) first_close_ = Close{from, side.reader.close_code()};
      if (side.reader.violation() == FrameViolation::kCloseCode) CountViolation(side);
      break;
  }
  return event;
}

void FrameMeter::NotePing(From from, MonotonicTime now) {
  Direction& side = At(from);
  ++side.pings_open;
  side.pinged = now;
}

void FrameMeter::OnFrame(From from, MonotonicTime now) {
  Direction& side = At(from);
  const FrameHeader& frame = side.reader.frame();
  ++side.counts.frames;
  if (frame.violation != FrameViolation::kNone) CountViolation(side);
  switch (frame.opcode) {
    case Opcode::kText:
    case Opcode::kBinary:
      side.text = frame.opcode == Opcode::kText;
      [[fallthrough]];
    case Opcode::kContinuation:
      if (frame.fin) ++(side.text ? side.counts.text_messages : side.counts.binary_messages);
      break;
    case Opcode::kPing:
      ++side.counts.pings;
      NotePing(from, now);
      break;
    case Opcode::kPong:
      ++side.counts.pongs;
      OnPong(At(from == From::kClient ? From::kServer : From::kClient), now);
      break;
    case Opcode::kClose:
      break;
  }
}

void FrameMeter::OnPong(Direction& asked, MonotonicTime now) {
  if (asked.pings_open == 1) asked.round_trip = now - asked.pinged;
  asked.pings_open = 0;
}

void FrameMeter::CountViolation(Direction& side) {
  ++side.counts.violations;
  if (side.counts.first_violation == FrameViolation::kNone) {
    side.counts.first_violation = side.reader.violation();
  }
}

}  // namespace sluice
