#include "source/server/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include "source/base/check.h"

namespace sluice {

Signals::Signals(Poller& poller, OnSignal on_signal)
    : poller_(poller), on_signal_(std::move(on_signal)) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int wanted : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, wanted);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  SLUICE_CHECK(fd_ >= 0);
  watch_ = poller_.Watch(fd_, WatchMode::kLevelRead, *this);
}

Signals::~Signals() {
  poller_.Unwatch(watch_);
  ::close(fd_);
}

void Signals::OnReady(Readiness ready) {
  signalfd_siginfo info;
  while (::read(fd_, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    on_signal_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace sluice
