// What a turn of the loop costs: with nothing to do, with timers, and with one message in and one
// out through Connection on real sockets.
//
// bazel run -c opt //test/budget:bench_event; instructions: valgrind --tool=callgrind
// --toggle-collect='sluice::EventLoop::Turn()' on it, with --benchmark_filter=Echo, by the number
// of calls of Turn.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <memory>
#include <vector>

#include "source/base/check.h"
#include "source/event/timer.h"
#include "test/budget/echo.h"

namespace sluice {
namespace {

void BM_EchoRoundTrip(benchmark::State& state) {
  EchoMachine machine;
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
  EchoMachine machine;
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
  EchoMachine machine;
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
  EchoMachine machine;
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
