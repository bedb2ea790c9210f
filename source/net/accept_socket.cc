#include "source/net/accept_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "source/net/socket_io_handle.h"

namespace sluice {
namespace {

int OpenReserve() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

Address LocalAddress(int fd) {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(storage);
  sockaddr* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd, address, &length) != 0) return Address();
  return Address::FromSockaddr(address, length);
}

}  // namespace

AcceptSocket::AcceptSocket(Poller& poller, int fd)
    : poller_(poller), fd_(fd), reserve_fd_(OpenReserve()), local_(LocalAddress(fd)) {}

AcceptSocket::~AcceptSocket() {
  Unwatch();
  if (reserve_fd_ >= 0) close(reserve_fd_);
  close(fd_);
}

std::unique_ptr<IoHandle> AcceptSocket::AcceptFor(Poller& poller) {
  for (;;) {
    sockaddr_storage storage;
    socklen_t length = sizeof(storage);
    sockaddr* peer = reinterpret_cast<sockaddr*>(&storage);
    const int fd = accept4(fd_, peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      return std::make_unique<SocketIoHandle>(poller, fd, Address::FromSockaddr(peer, length));
    }
    switch (errno) {
      case EINTR:
      case ECONNABORTED:  // gone before we came: the next one may be there
        continue;
      case EMFILE:
      case ENFILE:
        if (ShedOne()) continue;
        return nullptr;
      default:
        return nullptr;
    }
  }
}

bool AcceptSocket::ShedOne() {
  if (reserve_fd_ < 0) return false;
  close(reserve_fd_);
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
  reserve_fd_ = OpenReserve();
  return fd >= 0;
}

absl::StatusOr<std::unique_ptr<ListenSocket>> AcceptSocket::Share(Poller& poller) const {
  const int fd = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot share the socket of ", local_.text(), ": ", std::strerror(errno)));
  }
  return std::make_unique<AcceptSocket>(poller, fd);
}

void AcceptSocket::Watch(ReadyObserver& observer) {
  Unwatch();
  watch_ = poller_.Watch(fd_, WatchMode::kLevelRead, observer);
}

void AcceptSocket::Unwatch() {
  if (watch_ != nullptr) poller_.Unwatch(watch_);
  watch_ = nullptr;
}

}  // namespace sluice
