#include "source/http/websocket/frame_meter.h"

namespace sluice {

void FrameMeter::OnBytes(From from, absl::string_view bytes, MonotonicTime now) {
  Direction& side = At(from);
  for (;;) {
    if (side.reader.TakeWholeFrame(bytes)) {
      ++side.counts.frames;
      OnDataFrame(side, side.reader.frame());
      if (bytes.empty()) return;
    } else if (Next(from, bytes, now) == FrameHeaderReader::Event::kNeedMore) {
      return;
    }
  }
}

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
    case Opcode::kContinuation:
      OnDataFrame(side, frame);
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

void FrameMeter::OnDataFrame(Direction& side, const FrameHeader& frame) {
  if (frame.opcode != Opcode::kContinuation) side.text = frame.opcode == Opcode::kText;
  if (frame.fin) ++(side.text ? side.counts.text_messages : side.counts.binary_messages);
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
