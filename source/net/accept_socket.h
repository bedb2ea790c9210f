// AcceptSocket: the kernel's ListenSocket. One worker.
//
// Keeps one descriptor in reserve: when the process has none left, a waiting connection is accepted
// with it and closed, as otherwise it would make the loop spin.
#pragma once

#include <memory>

#include "source/net/network.h"

namespace sluice {

class AcceptSocket final : public ListenSocket {
 public:
  AcceptSocket(Poller& poller, int fd);  // takes over a listening, non-blocking one
  ~AcceptSocket() override;
  AcceptSocket(const AcceptSocket&) = delete;
  AcceptSocket& operator=(const AcceptSocket&) = delete;

  std::unique_ptr<IoHandle> Accept() override { return AcceptFor(poller_); }
  std::unique_ptr<IoHandle> AcceptFor(Poller& poller) override;
  void Watch(ReadyObserver& observer) override;
  void Unwatch() override;
  absl::StatusOr<std::unique_ptr<ListenSocket>> Share(Poller& poller) const override;
  const Address& local_address() const override { return local_; }

 private:
  bool ShedOne();
  Poller& poller_;
  PollerWatch* watch_ = nullptr;
  const int fd_;
  int reserve_fd_;
  Address local_;
};

}  // namespace sluice
