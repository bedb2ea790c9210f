#include "source/tls/tls_socket.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "openssl/err.h"
#include "openssl/ssl.h"
#include "source/base/log.h"
#include "source/tls/certificate_facts.h"
#include "source/tls/tls_error.h"

namespace sluice {
namespace {

// As PlaintextSocket has them: room for reads of 128 KiB.
constexpr size_t kReadPieces = 10;
constexpr size_t kRecordBytesMax = 16 * 1024;  // RFC 8446 section 5.1
// Smaller slices share a record, so that a head and a few chunks do not cost a record each. A
// larger one is a record of its own, as copying it would cost more than the record does.
constexpr size_t kSharedSliceMax = 4_KiB;
// Sealed for one call of the system; a little more than a connection pulls ahead of one write.
constexpr size_t kCollectMax = 160_KiB;

std::string SessionKey(const TlsSocket::Target& target) {
  return absl::StrCat(target.address, "|", target.server_name, "|", target.verify_name);
}

// The next bytes of `from` that are to be one record; in `scratch` where they are put together.
absl::string_view NextRecord(const Buffer& from, char* scratch) {
  const absl::string_view front = from.Front();
  if (front.size() == from.size() || front.size() > kSharedSliceMax) {
    return front.substr(0, kRecordBytesMax);
  }
  std::array<iovec, 64> pieces;
  const size_t count = from.Peek(absl::MakeSpan(pieces));
  size_t together = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = pieces[i].iov_len;
    if (size > kSharedSliceMax || together + size > kRecordBytesMax) break;
    together += size;
  }
  return from.Linear(together, scratch);
}

}  // namespace

TlsSocket::TlsSocket(WorkerContext& worker, std::shared_ptr<const ServerTlsContext> context)
    : context_(std::shared_ptr<const TlsContext>(context, &context->common())),
      handshake_{.context = *context_, .worker = worker},
      wire_(worker.slabs),
      ssl_(context_->NewSsl(handshake_)) {
  bssl::UniquePtr<BIO> bio = wire_.MakeBio();
  SSL_set_bio(ssl_.get(), bio.get(), bio.get());
  bio.release();
}

TlsSocket::TlsSocket(WorkerContext& worker, std::shared_ptr<const ClientTlsContext> context,
                     const Target& target)
    : context_(std::shared_ptr<const TlsContext>(context, &context->common())),
      handshake_{.context = *context_,
                 .worker = worker,
                 .verify_name = target.verify_name,
                 .session_key = SessionKey(target)},
      wire_(worker.slabs),
      ssl_(context->NewSsl(handshake_, target.server_name,
                           {.offer = target.alpn, .wins = target.alpn_wins})) {
  bssl::UniquePtr<BIO> bio = wire_.MakeBio();
  SSL_set_bio(ssl_.get(), bio.get(), bio.get());
  bio.release();
}

TlsSocket::~TlsSocket() = default;

TransportSocket::Handshake TlsSocket::DoHandshake(IoHandle& io) {
  wire_.Attach(io);
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    // What is left to send goes out with the first answer, or at the end of the turn; BoringSSL
    // itself holds tickets of TLS 1.3 back until something is written.
    OnHandshakeDone();
    return Handshake::kDone;
  }
  const int error = SSL_get_error(ssl_.get(), result);
  const bool written = wire_.unsent_bytes() == 0 || wire_.Flush();
  if (error == SSL_ERROR_WANT_READ && written) return Handshake::kGoesOn;
  OnFailure();
  return Handshake::kFailed;
}

void TlsSocket::OnHandshakeDone() {
  handshake_done_ = true;
  std::string().swap(handshake_.verify_detail);
  if (SSL_session_reused(ssl_.get()) != 0 && context_->verifier() != nullptr) {
    // It was verified when the session was agreed on, by the same rules; see SetSessionIdContext
    // and SessionKey.
    const STACK_OF(CRYPTO_BUFFER)* peer = SSL_get0_peer_certificates(ssl_.get());
    handshake_.peer_validated =
        peer != nullptr && sk_CRYPTO_BUFFER_num(peer) > 0 &&
        (context_->verifier()->checks_anything() || !handshake_.verify_name.empty());
  }
  context_->stats().CountHandshake(ssl_.get(), handshake_.worker.stats);
}

// Counts and keeps the reason. A peer that merely went away is no error of TLS.
void TlsSocket::OnFailure() {
  const uint32_t first = ERR_peek_error();
  StatCells& cells = handshake_.worker.stats;
  if (first != 0 && ERR_GET_LIB(first) == ERR_LIB_SSL &&
      ERR_GET_REASON(first) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    context_->stats().fail_verify_no_cert.Add(cells);
  } else if (first != 0 && !(ERR_GET_LIB(first) == ERR_LIB_SSL &&
                             ERR_GET_REASON(first) == SSL_R_CERTIFICATE_VERIFY_FAILED)) {
    context_->stats().connection_error.Add(cells);
  }
  std::string reason = TakeTlsErrors(handshake_.verify_detail);
  if (reason.empty()) return;
  SLUICE_LOG(kConnection, kDebug, reason);
  failure_ = std::make_unique<const std::string>(std::move(reason));
}

IoResult TlsSocket::Read(IoHandle& io, Buffer& into, size_t bytes_max) {
  wire_.Attach(io);
  ERR_clear_error();
  std::array<iovec, kReadPieces> room;
  const size_t pieces = into.Reserve(bytes_max, absl::MakeSpan(room));
  size_t done = 0;
  int result = 1;
  for (size_t i = 0; i < pieces && result > 0; ++i) {
    for (size_t filled = 0; filled < room[i].iov_len; filled += static_cast<size_t>(result)) {
      result = SSL_read(ssl_.get(), static_cast<char*>(room[i].iov_base) + filled,
                        static_cast<int>(room[i].iov_len - filled));
      if (result <= 0) break;
      done += static_cast<size_t>(result);
    }
  }
  into.Commit(done);
  return result > 0 ? IoResult{IoResult::State::kOk, done} : EndOfRead(result, done);
}

IoResult TlsSocket::EndOfRead(int result, size_t done) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) {
    // Answers to key updates; a full socket keeps them for the next write.
    if (wire_.unsent_bytes() > 0 && !wire_.blocked()) wire_.Flush();
    if (done > 0 || wire_.has_read()) return {IoResult::State::kOk, done};
    return {IoResult::State::kAgain};
  }
  // What came before the end is handed over first; BoringSSL says the same again next time.
  if (done > 0) return {.state = IoResult::State::kOk, .bytes = done, .more = true};
  if (error == SSL_ERROR_ZERO_RETURN) return {IoResult::State::kEof};
  if (error == SSL_ERROR_SYSCALL && wire_.read_end().state == IoResult::State::kEof) {
    context_->stats().truncated.Add(handshake_.worker.stats);
    return {IoResult::State::kEof};
  }
  if (failure_ == nullptr) {
    if (wire_.unsent_bytes() > 0) wire_.Flush();  // the alert
    OnFailure();
  }
  return {.state = IoResult::State::kError, .error = wire_.read_end().error};
}

IoResult TlsSocket::Write(IoHandle& io, Buffer& from) {
  wire_.Attach(io);
  size_t taken = 0;
  bool good = !wire_.blocked() || wire_.Flush();
  if (good && !wire_.blocked()) {
    good = Seal(from, taken);
    if (good && wire_.unsent_bytes() > 0 && !wire_.blocked()) good = wire_.Flush();
  }
  if (!good) return {.state = IoResult::State::kError, .error = wire_.write_end().error};
  if (fin_wanted_ && wire_.unsent_bytes() == 0) {
    fin_wanted_ = false;
    io.ShutdownWrite();
  }
  return {IoResult::State::kOk, taken};
}

bool TlsSocket::Seal(Buffer& from, size_t& taken) {
  if (from.empty()) return true;
  ERR_clear_error();
  std::array<char, kRecordBytesMax> scratch;
  while (!from.empty() && !wire_.blocked()) {
    const absl::string_view record = NextRecord(from, scratch.data());
    if (record.size() == from.size() || wire_.unsent_bytes() + record.size() >= kCollectMax) {
      wire_.ExpectLastRecord();
    }
    const int written = SSL_write(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (written <= 0) {
      if (failure_ == nullptr) OnFailure();
      return false;
    }
    from.Drain(static_cast<size_t>(written));
    taken += static_cast<size_t>(written);
    if (wire_.write_end().state != IoResult::State::kOk) return false;
  }
  return true;
}

void TlsSocket::ShutdownWrite(IoHandle& io) {
  wire_.Attach(io);
  if (handshake_done_ && !std::exchange(shutdown_sent_, true)) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  if (wire_.unsent_bytes() > 0 && !wire_.blocked()) wire_.Flush();
  fin_wanted_ = wire_.unsent_bytes() > 0;
  if (!fin_wanted_) io.ShutdownWrite();
}

absl::string_view TlsSocket::alpn() const {
  const uint8_t* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

const TlsFacts* TlsSocket::tls_facts() {
  if (facts_ != nullptr || !handshake_done_) return facts_.get();
  const auto& ours = context_->certificates();
  const bool server = context_->side() == TlsContext::Side::kServer;
  const CRYPTO_BUFFER* local = server && handshake_.certificate < ours.size()
                                   ? ours[handshake_.certificate]->leaf()
                               : !server && !ours.empty() ? ours.front()->leaf()
                                                          : nullptr;
  TlsFacts facts = GatherTlsFacts(ssl_.get(), local);
  facts.peer_validated = handshake_.peer_validated;
  facts_ = std::make_unique<const TlsFacts>(std::move(facts));
  return facts_.get();
}

}  // namespace sluice
