// TlsWire: the records of one TLS connection on their way between BoringSSL and the socket.
//
// Reading: BoringSSL asks for a record's header and then for its body; the wire reads what is asked
// straight to where it is wanted and some more behind it, so that a record costs one call of the
// system and small ones share one. What was read ahead is in a block of the worker's pool, held
// only while there is something in it. Writing: sealed records are collected, and leave together
// in one call.
//
// A member of its TlsSocket, on its worker. The socket's handle is known for the time of a call.
#pragma once

#include "openssl/bio.h"
#include "source/base/buffer.h"
#include "source/net/io_handle.h"

namespace sluice {

class TlsWire {
 public:
  explicit TlsWire(SlabPool& slabs) : ahead_(slabs), out_(slabs) {}
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  // To be given to BoringSSL, for both directions; the wire must outlive it.
  bssl::UniquePtr<BIO> MakeBio();

  // Before BoringSSL is called: the socket, which may have changed since.
  void Attach(IoHandle& io) {
    io_ = &io;
    drained_ = false;
    has_read_ = false;
  }
  // Something has come from the socket since.
  bool has_read() const { return has_read_; }

  // The next record that BoringSSL writes is the last of this call: it goes out at once, behind
  // what is collected, and is copied only where the socket does not take it.
  void ExpectLastRecord() { last_record_ = true; }
  // Writes what is collected, with one call. False: the socket is broken.
  bool Flush();

  size_t unsent_bytes() const { return out_.size(); }
  // The socket did not take all the last time: an edge will tell of room.
  bool blocked() const { return blocked_; }
  // How the last read or write that was not good ended; kOk while none was.
  const IoResult& read_end() const { return read_end_; }
  const IoResult& write_end() const { return write_end_; }

 private:
  static int BioRead(BIO* bio, char* to, int size);
  static int BioWrite(BIO* bio, const char* bytes, int size);
  static long BioControl(BIO* bio, int command, long number, void* pointer);  // NOLINT
  static const BIO_METHOD* Method();

  int Read(BIO* bio, char* to, size_t size);
  void Write(absl::string_view record);
  // One call, of what is collected and then `record`; how many bytes of `record` were taken.
  size_t WriteBehindCollected(absl::string_view record);

  IoHandle* io_ = nullptr;
  Buffer ahead_;  // read, and not yet asked for
  Buffer out_;    // sealed, and not yet written
  IoResult read_end_ = {IoResult::State::kOk};
  IoResult write_end_ = {IoResult::State::kOk};
  bool drained_ = false;  // the socket has given less than it was asked for in this call
  bool has_read_ = false;
  bool blocked_ = false;
  bool last_record_ = false;
};

}  // namespace sluice
