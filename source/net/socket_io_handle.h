// SocketIoHandle: the kernel's IoHandle. Belongs to its Connection, on its worker.
#pragma once

#include <memory>

#include "source/net/io_handle.h"

namespace sluice {

class SocketIoHandle final : public IoHandle {
 public:
  // Takes over a non-blocking `fd`, or, with -1, stands for an attempt that failed with `error`.
  SocketIoHandle(Poller& poller, int fd, Address peer, int error = 0);
  ~SocketIoHandle() override;
  SocketIoHandle(const SocketIoHandle&) = delete;
  SocketIoHandle& operator=(const SocketIoHandle&) = delete;

  IoResult Read(absl::Span<const iovec> into) override;
  IoResult Write(absl::Span<const iovec> from) override;
  IoResult Peek(absl::Span<const iovec> into) override;
  void ShutdownWrite() override;
  void AbortOnClose() override;
  bool Watch(ReadyObserver& observer) override;
  void Unwatch() override;
  int ConnectError() override;
  const Address& local_address() override;
  const Address& peer_address() override { return peer_; }
  Address OriginalDestination() override;

 private:
  Poller& poller_;
  PollerWatch* watch_ = nullptr;
  const int fd_;
  int error_;  // of connecting
  const Address peer_;
  std::unique_ptr<const Address> local_;  // once it was asked for
};

}  // namespace sluice
