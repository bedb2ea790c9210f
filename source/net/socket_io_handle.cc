#include "source/net/socket_io_handle.h"

#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice {
namespace {

IoResult Failure() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {IoResult::State::kAgain};
  return {IoResult::State::kError, 0, errno};
}

}  // namespace

SocketIoHandle::SocketIoHandle(Poller& poller, int fd, Address peer, int error)
    : poller_(poller), fd_(fd), error_(error), peer_(std::move(peer)) {}

SocketIoHandle::~SocketIoHandle() {
  Unwatch();
  if (fd_ >= 0) close(fd_);
}

IoResult SocketIoHandle::Read(absl::Span<const iovec> into) {
  // recv is the shorter way through the kernel where one piece will do.
  ssize_t n;
  do {
    n = into.size() == 1 ? recv(fd_, into[0].iov_base, into[0].iov_len, 0)
                         : readv(fd_, into.data(), static_cast<int>(into.size()));
  } while (n < 0 && errno == EINTR);
  if (n > 0) return {IoResult::State::kOk, static_cast<size_t>(n)};
  if (n == 0) return {IoResult::State::kEof};
  return Failure();
}

IoResult SocketIoHandle::Write(absl::Span<const iovec> from) {
  ssize_t n;
  do {
    if (from.size() == 1) {
      n = send(fd_, from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(from.data());
      message.msg_iovlen = from.size();
      n = sendmsg(fd_, &message, MSG_NOSIGNAL);
    }
  } while (n < 0 && errno == EINTR);
  if (n >= 0) return {IoResult::State::kOk, static_cast<size_t>(n)};
  return Failure();
}

IoResult SocketIoHandle::Peek(absl::Span<const iovec> into) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(into.data());
  message.msg_iovlen = into.size();
  ssize_t n;
  do {
    n = recvmsg(fd_, &message, MSG_PEEK);
  } while (n < 0 && errno == EINTR);
  if (n > 0) return {IoResult::State::kOk, static_cast<size_t>(n)};
  if (n == 0) return {IoResult::State::kEof};
  return Failure();
}

void SocketIoHandle::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

void SocketIoHandle::AbortOnClose() {
  const linger abort = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

bool SocketIoHandle::Watch(ReadyObserver& observer) {
  if (fd_ < 0) return false;
  Unwatch();
  watch_ = poller_.Watch(fd_, WatchMode::kEdgeReadWrite, observer);
  return true;
}

void SocketIoHandle::Unwatch() {
  if (watch_ != nullptr) poller_.Unwatch(watch_);
  watch_ = nullptr;
}

int SocketIoHandle::ConnectError() {
  if (error_ != 0) return error_;
  // The kernel tells once; those who write the reason into a log ask again.
  socklen_t length = sizeof(error_);
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error_, &length) != 0) error_ = errno;
  return error_;
}

const Address& SocketIoHandle::local_address() {
  if (local_ == nullptr) {
    sockaddr_storage storage = {};
    socklen_t length = sizeof(storage);
    sockaddr* address = reinterpret_cast<sockaddr*>(&storage);
    const bool known = fd_ >= 0 && getsockname(fd_, address, &length) == 0;
    local_ =
        std::make_unique<const Address>(known ? Address::FromSockaddr(address, length) : Address());
  }
  return *local_;
}

Address SocketIoHandle::OriginalDestination() {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(storage);
  const bool v6 = local_address().family() == Address::Family::kIpv6;
  // IP6T_SO_ORIGINAL_DST has the same number; its header does not go with the C library's.
  const int known = getsockopt(fd_, v6 ? SOL_IPV6 : SOL_IP, SO_ORIGINAL_DST, &storage, &length);
  if (known != 0) return Address();
  return Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), length);
}

}  // namespace sluice
