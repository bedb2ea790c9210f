#include "source/net/socket_network.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "source/base/status_macros.h"
#include "source/net/accept_socket.h"
#include "source/net/socket_io_handle.h"

namespace sluice {
namespace {

bool SetInt(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

int OpenSocket(const Address& address) {
  sockaddr_storage storage;
  address.ToSockaddr(storage);
  return socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// Best effort: a connection without them works all the same.
void ApplyOptions(int fd, const SocketOptions& options) {
  if (options.no_delay) SetInt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!options.keep_alive) return;
  SetInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (options.keep_alive_probes > 0) {
    SetInt(fd, IPPROTO_TCP, TCP_KEEPCNT, options.keep_alive_probes);
  }
  if (options.keep_alive_time_s > 0) {
    SetInt(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.keep_alive_time_s);
  }
  if (options.keep_alive_interval_s > 0) {
    SetInt(fd, IPPROTO_TCP, TCP_KEEPINTVL, options.keep_alive_interval_s);
  }
}

absl::Status SystemError(absl::string_view what, const Address& at) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", at.text(), ": ", std::strerror(errno)));
}

// A socket file that a past process left is in the way of bind; anything but a socket stays.
void RemoveStaleSocketFile(const Address& at) {
  const std::string path = at.text();
  struct stat found;
  if (path.front() != '@' && lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    unlink(path.c_str());
  }
}

bool SetFlagOfFamily(int fd, const Address& at, int name_v4, int name_v6,
                     const std::optional<bool>& value) {
  if (!value.has_value()) return true;
  const bool v6 = at.family() == Address::Family::kIpv6;
  return SetInt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? name_v6 : name_v4, *value ? 1 : 0);
}

// The option that the system has refused; null: none.
const RawSocketOption* SetRaw(int fd, const std::vector<RawSocketOption>& options,
                              RawSocketOption::When when) {
  for (const RawSocketOption& option : options) {
    if (option.when == when && setsockopt(fd, option.level, option.name, option.value.data(),
                                          static_cast<socklen_t>(option.value.size())) != 0) {
      return &option;
    }
  }
  return nullptr;
}

absl::Status SetRaw(int fd, const Address& at, const ListenOptions& options,
                    RawSocketOption::When when) {
  const RawSocketOption* const refused = SetRaw(fd, options.raw, when);
  if (refused == nullptr) return absl::OkStatus();
  return SystemError(
      absl::StrCat("set socket option ", refused->name, " of level ", refused->level, " for"), at);
}

absl::Status SetIpOptions(int fd, const Address& at, const ListenOptions& options) {
  if (!SetInt(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
      (options.reuse_port && !SetInt(fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
      // Accepted sockets inherit it: no system call for each.
      !SetInt(fd, IPPROTO_TCP, TCP_NODELAY, 1) ||
      (at.family() == Address::Family::kIpv6 && !SetInt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))) {
    return SystemError("set options of a socket for", at);
  }
  if (!SetFlagOfFamily(fd, at, IP_FREEBIND, IPV6_FREEBIND, options.freebind)) {
    return SystemError("set freebind for", at);
  }
  if (!SetFlagOfFamily(fd, at, IP_TRANSPARENT, IPV6_TRANSPARENT, options.transparent)) {
    return SystemError("set transparent for", at);
  }
  return absl::OkStatus();
}

absl::Status BindAndListen(int fd, const Address& at, const ListenOptions& options) {
  if (at.is_ip()) {
    RETURN_IF_ERROR(SetIpOptions(fd, at, options));
  } else if (at.family() == Address::Family::kUnix) {
    RemoveStaleSocketFile(at);
  }
  RETURN_IF_ERROR(SetRaw(fd, at, options, RawSocketOption::When::kBeforeBind));
  sockaddr_storage storage;
  const socklen_t length = at.ToSockaddr(storage);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    return SystemError("bind", at);
  }
  // Before it listens: nobody has connected yet.
  if (at.family() == Address::Family::kUnix && options.unix_mode.has_value() &&
      chmod(at.text().c_str(), *options.unix_mode) != 0) {
    return SystemError("set the permissions of", at);
  }
  RETURN_IF_ERROR(SetRaw(fd, at, options, RawSocketOption::When::kBeforeListen));
  if (at.is_ip() && options.fast_open_queue.has_value() &&
      !SetInt(fd, IPPROTO_TCP, TCP_FASTOPEN, *options.fast_open_queue)) {
    return SystemError("set tcp_fast_open_queue_length for", at);
  }
  if (listen(fd, options.backlog) != 0) return SystemError("listen on", at);
  return SetRaw(fd, at, options, RawSocketOption::When::kAfterListen);
}

// The port is chosen when the socket connects, so that there may be as many to each host.
bool BindSource(int fd, const Address& source, bool freebind) {
  if (freebind && !SetFlagOfFamily(fd, source, IP_FREEBIND, IPV6_FREEBIND, true)) return false;
  if (source.port() == 0) SetInt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  sockaddr_storage storage;
  const socklen_t length = source.ToSockaddr(storage);
  return bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) == 0;
}

// What comes before connect; false, with errno set: the system has refused something.
bool Prepare(int fd, const Address& to, const SocketOptions& options) {
  if (!to.is_ip()) return true;
  ApplyOptions(fd, options);
  const SocketOptions::Source* const source = options.SourceFor(to);
  const std::vector<RawSocketOption>& raw =
      source != nullptr && source->raw.has_value() ? *source->raw : options.raw;
  return SetRaw(fd, raw, RawSocketOption::When::kBeforeBind) == nullptr &&
         (source == nullptr || BindSource(fd, source->address, options.freebind)) &&
         SetRaw(fd, raw, RawSocketOption::When::kBeforeListen) == nullptr;
}

}  // namespace

std::unique_ptr<IoHandle> SocketNetwork::Connect(Poller& poller, const Address& to,
                                                 const SocketOptions& options) {
  const int fd = OpenSocket(to);
  if (fd < 0) return std::make_unique<SocketIoHandle>(poller, -1, to, errno);
  sockaddr_storage storage;
  const bool prepared = Prepare(fd, to, options);
  const socklen_t length = to.ToSockaddr(storage);
  if (!prepared || connect(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    if (prepared && errno == EINPROGRESS) return std::make_unique<SocketIoHandle>(poller, fd, to);
    const int error = errno;
    close(fd);
    return std::make_unique<SocketIoHandle>(poller, -1, to, error);
  }
  return std::make_unique<SocketIoHandle>(poller, fd, to);
}

absl::StatusOr<std::unique_ptr<ListenSocket>> SocketNetwork::Listen(Poller& poller,
                                                                    const Address& at,
                                                                    const ListenOptions& options) {
  const int fd = OpenSocket(at);
  if (fd < 0) return SystemError("open a socket for", at);
  const absl::Status listening = BindAndListen(fd, at, options);
  if (!listening.ok()) {
    close(fd);
    return listening;
  }
  return std::make_unique<AcceptSocket>(poller, fd);
}

}  // namespace sluice
