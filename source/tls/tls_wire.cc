#include "source/tls/tls_wire.h"

#include <algorithm>
#include <array>

#include "openssl/bio.h"

namespace sluice {
namespace {

// Behind the piece that is asked for. Small records come whole with their header; of a large
// record, whose body is read straight to its place, this is what is copied.
constexpr size_t kAheadBytes = 4_KiB;

constexpr size_t kWritePieces = 32;

}  // namespace

const BIO_METHOD* TlsWire::Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice");
    BIO_meth_set_read(made, &BioRead);
    BIO_meth_set_write(made, &BioWrite);
    BIO_meth_set_ctrl(made, &BioControl);
    return made;
  }();
  return method;
}

bssl::UniquePtr<BIO> TlsWire::MakeBio() {
  bssl::UniquePtr<BIO> bio(BIO_new(Method()));
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

int TlsWire::BioRead(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  return static_cast<TlsWire*>(BIO_get_data(bio))->Read(bio, to, static_cast<size_t>(size));
}

// Takes everything: what the socket has no room for waits here. So BoringSSL never waits to write.
int TlsWire::BioWrite(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<TlsWire*>(BIO_get_data(bio))->Write({bytes, static_cast<size_t>(size)});
  return size;
}

// Flushing is for whoever called BoringSSL, once it has returned.
long TlsWire::BioControl(BIO*, int command, long, void*) {  // NOLINT
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int TlsWire::Read(BIO* bio, char* to, size_t size) {
  const size_t held = std::min(size, ahead_.size());
  if (held > 0) {
    ahead_.CopyOut(0, held, to);
    ahead_.Drain(held);
    return static_cast<int>(held);
  }
  if (drained_) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::array<iovec, 2> room = {{{to, size}, {}}};
  const size_t pieces =
      1 + ahead_.Reserve(kAheadBytes, absl::MakeSpan(room.data() + 1, room.size() - 1));
  const IoResult result = io_->Read(absl::MakeConstSpan(room.data(), pieces));
  const size_t got = result.state == IoResult::State::kOk ? result.bytes : 0;
  ahead_.Commit(got > size ? got - size : 0);
  switch (result.state) {
    case IoResult::State::kOk:
      has_read_ = true;
      drained_ = got < size + room[1].iov_len;
      return static_cast<int>(std::min(got, size));
    case IoResult::State::kAgain:
      drained_ = true;
      BIO_set_retry_read(bio);
      return -1;
    case IoResult::State::kEof:
      read_end_ = result;
      return 0;
    case IoResult::State::kError:
      read_end_ = result;
      return -1;
  }
  return -1;
}

void TlsWire::Write(absl::string_view record) {
  const bool now = std::exchange(last_record_, false) && !blocked_;
  if (now) record.remove_prefix(WriteBehindCollected(record));
  if (write_end_.state == IoResult::State::kOk) out_.Append(record);
}

size_t TlsWire::WriteBehindCollected(absl::string_view record) {
  std::array<iovec, kWritePieces> pieces;
  size_t count = out_.Peek(absl::MakeSpan(pieces.data(), pieces.size() - 1));
  size_t collected = 0;
  for (size_t i = 0; i < count; ++i) collected += pieces[i].iov_len;
  // More is collected than one call takes: the record waits for its turn.
  const bool all = collected == out_.size();
  if (all && !record.empty()) {
    pieces[count++] = {const_cast<char*>(record.data()), record.size()};
  }
  if (count == 0) return 0;
  const IoResult result = io_->Write(absl::MakeConstSpan(pieces.data(), count));
  if (result.state == IoResult::State::kError || result.state == IoResult::State::kEof) {
    write_end_ = result;
    out_.Clear();
    return 0;
  }
  const size_t written = result.state == IoResult::State::kOk ? result.bytes : 0;
  blocked_ = written < collected + (all ? record.size() : 0);
  out_.Drain(std::min(written, collected));
  return written > collected ? written - collected : 0;
}

bool TlsWire::Flush() {
  do {
    WriteBehindCollected({});
  } while (!blocked_ && !out_.empty() && write_end_.state == IoResult::State::kOk);
  return write_end_.state == IoResult::State::kOk;
}

}  // namespace sluice
