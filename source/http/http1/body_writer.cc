#include "source/http/http1/body_writer.h"

#include "source/http/http1/chunked.h"

namespace sluice {

BodyWriter::Result BodyWriter::Pull(StreamEvents& source, TrailerUse trailers, NameCase names,
                                    size_t bytes_max, Buffer& out) {
  if (kind_ == OutgoingBody::kUntilClose) return PullAsItIs(source, bytes_max, out);
  Buffer piece(out.pool());
  while (ready_ && bytes_max > 0) {
    const BodyState state = source.FillBody(piece, bytes_max);
    const size_t size = piece.size();
    // Less than asked for: the source is dry until it says BodyReady.
    if (state != BodyState::kMore || size < bytes_max) ready_ = false;
    if (!Frame(piece, state, out)) return Result::kBroken;
    if (state != BodyState::kMore) {
      if (kind_ == OutgoingBody::kChunked) FinishChunks(source, state, trailers, names, out);
      return remaining_ == 0 ? Result::kEnd : Result::kBroken;
    }
    bytes_max -= size < bytes_max ? size : bytes_max;
  }
  return Result::kMore;
}

// No framing, no copy in between; a tunnel's small messages live of that.
BodyWriter::Result BodyWriter::PullAsItIs(StreamEvents& source, size_t bytes_max, Buffer& out) {
  const size_t size_max = out.size() + bytes_max;
  while (ready_ && out.size() < size_max) {
    const BodyState state = source.FillBody(out, size_max - out.size());
    if (state != BodyState::kMore || out.size() < size_max) ready_ = false;
    if (state != BodyState::kMore) return Result::kEnd;
  }
  return Result::kMore;
}

// False: more than was announced, none of which goes out.
bool BodyWriter::Frame(Buffer& piece, BodyState state, Buffer& out) {
  const size_t size = piece.size();
  if (size == 0) return true;
  switch (kind_) {
    case OutgoingBody::kNone:
    case OutgoingBody::kDiscarded:
      piece.Clear();
      return true;
    case OutgoingBody::kLength:
      if (size > remaining_) return false;
      remaining_ -= size;
      break;
    case OutgoingBody::kChunked: {
      char head[kChunkHeadMax];
      out.Append({head, WriteChunkHead(size, head)});
      break;
    }
    case OutgoingBody::kUntilClose:  // goes out as it is
      break;
  }
  out.MoveFrom(piece);
  if (kind_ == OutgoingBody::kChunked) {
    out.Append("\r\n");
  }
  return true;
}

void BodyWriter::FinishChunks(StreamEvents& source, BodyState state, TrailerUse trailers,
                              NameCase names, Buffer& out) {
  if (state == BodyState::kTrailers && trailers == TrailerUse::kSend) {
    out.Append("0\r\n");
    return WriteTrailers(source.OutgoingTrailers(), names, out);
  }
  out.Append("0\r\n\r\n");
}

}  // namespace sluice
