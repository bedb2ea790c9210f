#include "test/harness/sim_poller.h"

#include <map>
#include <memory>

#include "test/harness/poller_contract.h"

namespace sluice {
namespace {

class SimPipes {
 public:
  Poller& poller() { return poller_; }
  int OpenPipe() {
    auto pipe = std::make_unique<Pipe>();
    const int fd = poller_.Open(*pipe);
    pipes_[fd] = std::move(pipe);
    return fd;
  }
  void Feed(int fd) {
    ++pipes_[fd]->waiting;
    poller_.Notify(fd);
  }
  void Eat(int fd) { pipes_[fd]->waiting = 0; }
  void End(int fd) {
    pipes_[fd]->at_end = true;
    poller_.Notify(fd);
  }
  void ClosePipe(int fd) {
    poller_.Close(fd);
    pipes_.erase(fd);
  }

 private:
  struct Pipe final : SimSource {
    bool readable() const override { return waiting > 0 || at_end; }
    bool writable() const override { return true; }
    bool ended() const override { return at_end; }
    int waiting = 0;
    bool at_end = false;
  };
  SimClock clock_;
  SimPoller poller_{clock_};
  std::map<int, std::unique_ptr<Pipe>> pipes_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, PollerContract, SimPipes);

}  // namespace
}  // namespace sluice
