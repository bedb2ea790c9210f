#include "source/net/plaintext_socket.h"

#include <array>

namespace sluice {
namespace {

// Room for reads of 128 KiB, the free end of a block before them.
constexpr size_t kReadPieces = 10;
constexpr size_t kWritePieces = 32;

}  // namespace

IoResult PlaintextSocket::Read(IoHandle& io, Buffer& into, size_t bytes_max) {
  if (!into.empty() || bytes_max > Block::capacity()) return ReadPieces(io, into, bytes_max);
  const iovec room = {into.ReserveContiguous(bytes_max), bytes_max};
  const IoResult result = io.Read(absl::MakeConstSpan(&room, 1));
  into.CommitContiguous(result.state == IoResult::State::kOk ? result.bytes : 0);
  return result;
}

IoResult PlaintextSocket::ReadPieces(IoHandle& io, Buffer& into, size_t bytes_max) {
  std::array<iovec, kReadPieces> room;
  const size_t pieces = into.Reserve(bytes_max, absl::MakeSpan(room));
  const IoResult result = io.Read(absl::MakeConstSpan(room.data(), pieces));
  into.Commit(result.state == IoResult::State::kOk ? result.bytes : 0);
  return result;
}

IoResult PlaintextSocket::Write(IoHandle& io, Buffer& from) {
  const absl::string_view front = from.Front();
  if (front.size() < from.size()) return WritePieces(io, from);
  const iovec piece = {const_cast<char*>(front.data()), front.size()};
  const IoResult result = io.Write(absl::MakeConstSpan(&piece, 1));
  if (result.state == IoResult::State::kOk) from.Drain(result.bytes);
  return result;
}

IoResult PlaintextSocket::WritePieces(IoHandle& io, Buffer& from) {
  IoResult result = {IoResult::State::kOk};
  size_t written = 0;
  // More than one round only where there are more pieces than one call takes.
  while (!from.empty()) {
    std::array<iovec, kWritePieces> pieces;
    const size_t count = from.Peek(absl::MakeSpan(pieces));
    size_t offered = 0;
    for (size_t i = 0; i < count; ++i) offered += pieces[i].iov_len;
    result = io.Write(absl::MakeConstSpan(pieces.data(), count));
    if (result.state != IoResult::State::kOk) break;
    from.Drain(result.bytes);
    written += result.bytes;
    if (result.bytes < offered) break;
  }
  if (result.state == IoResult::State::kAgain && written > 0) result.state = IoResult::State::kOk;
  result.bytes = written;
  return result;
}

}  // namespace sluice
