// What a turn of the loop costs: with nothing to do, with timers, and with one message in and one
// out through Connection on real sockets.
//
// bazel run -c opt //test/budget:bench_event; instructions: valgrind --tool=callgrind
// --toggle-collect='sluice::EventLoop::Turn()' on it, with --benchmark_filter=Echo, by the number
// of calls of Turn.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "source/base/check.h"
#include "source/event/libevent_poller.h"
#include "source/event/timer.h"
#include "source/net/connection.h"
#include "source/net/plaintext_socket.h"
#include "source/net/socket_io_handle.h"

namespace sluice {
namespace {

struct Machine {
  LibeventPoller poller;
  SlabPool slabs;
  EventLoop loop{poller};
  FastRandom random{1};
  StatCells cells;
  WorkerContext worker{loop, slabs, random, cells, 0};
};

class Echo final : public ConnectionHandler {
 public:
  explicit Echo(Machine& machine) : waiting_(machine.slabs) {
    int fds[2];
    SLUICE_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    peer_fd_ = fds[0];
    connection_ = std::make_unique<Connection>(
        machine.worker, Connection::Side::kAccepted,
        std::make_unique<SocketIoHandle>(machine.poller, fds[1], Address()),
        std::make_unique<PlaintextSocket>(), limits_);
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

void BM_EchoRoundTrip(benchmark::State& state) {
  Machine machine;
  Echo echo(machine);
  std::vector<char> message(static_cast<size_t>(state.range(0)), 'x');
  machine.loop.TurnWithoutWaiting();
  for (auto _ : state) {
    SLUICE_CHECK(send(echo.peer_fd(), message.data(), message.size(), 0) > 0);
    machine.loop.Turn();
    SLUICE_CHECK(recv(echo.peer_fd(), message.data(), message.size(), MSG_WAITALL) > 0);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * message.size()));
}
BENCHMARK(BM_EchoRoundTrip)->Arg(64)->Arg(1024)->Arg(16000);

void BM_TurnWithNothingToDo(benchmark::State& state) {
  Machine machine;
  for (auto _ : state) machine.loop.TurnWithoutWaiting();
}
BENCHMARK(BM_TurnWithNothingToDo);

struct Idle {
  explicit Idle(EventLoop& loop) : timer(loop, this, kMethod<&Idle::OnTimeout>) {}
  void OnTimeout() {}
  Timer timer;
};

// The idle timers of so many connections, each postponed in turn.
void BM_PostponeTimer(benchmark::State& state) {
  Machine machine;
  std::vector<std::unique_ptr<Idle>> idle;
  for (int64_t i = 0; i < state.range(0); ++i) {
    idle.push_back(std::make_unique<Idle>(machine.loop));
    idle.back()->timer.Arm(std::chrono::hours(1));
  }
  size_t at = 0;
  for (auto _ : state) {
    idle[at]->timer.Arm(std::chrono::hours(2));
    if (++at == idle.size()) at = 0;
  }
}
BENCHMARK(BM_PostponeTimer)->Arg(100)->Arg(10000);

void BM_ArmAndDisarmTimer(benchmark::State& state) {
  Machine machine;
  std::vector<std::unique_ptr<Idle>> idle;
  for (int64_t i = 0; i < state.range(0); ++i) idle.push_back(std::make_unique<Idle>(machine.loop));
  size_t at = 0;
  for (auto _ : state) {
    idle[at]->timer.Arm(std::chrono::hours(1));
    idle[at]->timer.Disarm();
    if (++at == idle.size()) at = 0;
  }
}
BENCHMARK(BM_ArmAndDisarmTimer)->Arg(100)->Arg(10000);

}  // namespace
}  // namespace sluice
