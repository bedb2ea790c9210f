// What the measurements of Connection share: a worker's loop on libevent, and a connection that
// echoes.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "source/base/check.h"
#include "source/event/libevent_poller.h"
#include "source/event/worker_context.h"
#include "source/net/connection.h"
#include "source/net/socket_io_handle.h"

namespace sluice {

// One worker's things, on real sockets.
struct EchoMachine {
  LibeventPoller poller;
  SlabPool slabs;
  EventLoop loop{poller};
  FastRandom random{1};
  StatCells cells;
  WorkerContext worker{loop, slabs, random, cells, 0};
};

// A connection that sends back what it gets, and the other end of its socket.
class Echo final : public ConnectionHandler {
 public:
  explicit Echo(EchoMachine& machine) : waiting_(machine.slabs) {
    int fds[2];
    SLUICE_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    peer_fd_ = fds[0];
    connection_ = std::make_unique<Connection>(
        machine.worker, Connection::Side::kAccepted,
        std::make_unique<SocketIoHandle>(machine.poller, fds[1], Address()), nullptr, limits_);
    connection_->Start(*this);
  }
  ~Echo() { close(peer_fd_); }
  void OnBytes(Buffer& in, End) override {
    waiting_.MoveFrom(in);
    connection_->WantWrite();
  }
  void FillOutput(Buffer& out, size_t) override { out.MoveFrom(waiting_); }
  void OnConnectionClosed(CloseCause) override {}
  int peer_fd() const { return peer_fd_; }

 private:
  ConnectionLimits limits_;
  Buffer waiting_;
  int peer_fd_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sluice
