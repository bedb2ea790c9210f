// Network: makes I/O handles: connects, listens. The kernel in production, MemoryNetwork in tests:
// the outside world's door, with IoHandle its only product. Used on each worker's thread;
// stateless, or (in tests) all on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/event/poller.h"
#include "source/net/address.h"
#include "source/net/io_handle.h"

namespace sluice {

// One setsockopt that the configuration asks for by its numbers.
struct RawSocketOption {
  // Of a socket that connects, kBeforeListen is between bind and connect; it knows no third.
  enum class When : uint8_t { kBeforeBind, kBeforeListen, kAfterListen };
  int level;
  int name;
  std::string value;  // as the system takes it
  When when = When::kBeforeBind;
  friend bool operator==(const RawSocketOption&, const RawSocketOption&) = default;
};

// Of a connecting socket.
struct SocketOptions {
  bool no_delay = true;
  bool keep_alive = false;
  int keep_alive_probes = 0, keep_alive_time_s = 0, keep_alive_interval_s = 0;  // 0: the system's
  // BindConfig: to connect from, port 0: any. The first of the family of who is connected to, else
  // the first. None: the system chooses.
  struct Source {
    Address address;
    std::optional<std::vector<RawSocketOption>> raw;  // instead of those of all
  };
  std::vector<Source> sources;
  bool freebind = false;             // a source that no interface has (yet)
  std::vector<RawSocketOption> raw;  // in their order; one that fails is a failure to connect

  const Source* SourceFor(const Address& to) const;  // null: there is none
};

// A listening socket of one worker. Destroying it stops listening.
class ListenSocket {
 public:
  virtual ~ListenSocket() = default;
  // The next waiting connection, or null; for the worker of the socket's poller, or of `poller`.
  virtual std::unique_ptr<IoHandle> Accept() = 0;
  virtual std::unique_ptr<IoHandle> AcceptFor(Poller& poller) = 0;
  virtual void Watch(ReadyObserver& observer) = 0;
  virtual void Unwatch() = 0;
  // The same socket for another worker, by its poller: a connection wakes all that watch, and one
  // of them gets it. The socket ends with the last of them.
  virtual absl::StatusOr<std::unique_ptr<ListenSocket>> Share(Poller& poller) const = 0;
  virtual const Address& local_address() const = 0;  // with the port the system chose
};

struct ListenOptions {
  bool reuse_port = true;  // one socket per worker, the kernel spreads; else one that all share
  int backlog = 4096;
  // Unset: the system's.
  std::optional<bool> freebind;     // IP_FREEBIND: an address that no interface has (yet)
  std::optional<bool> transparent;  // IP_TRANSPARENT: connections to any address (TPROXY)
  std::optional<int> fast_open_queue;
  std::optional<uint32_t> unix_mode;  // who may connect to a Unix socket: its file's permissions
  std::vector<RawSocketOption> raw;   // in their order
  friend bool operator==(const ListenOptions&, const ListenOptions&) = default;
};

class Network {
 public:
  virtual ~Network() = default;
  // A connecting handle: becomes writable when done. An immediate failure is a handle whose Watch
  // and ConnectError say so, so callers have one path.
  virtual std::unique_ptr<IoHandle> Connect(Poller& poller, const Address& to,
                                            const SocketOptions& options) = 0;
  virtual absl::StatusOr<std::unique_ptr<ListenSocket>> Listen(Poller& poller, const Address& at,
                                                               const ListenOptions& options) = 0;
};

}  // namespace sluice
