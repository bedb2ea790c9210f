// MemoryIoHandle: the IoHandle twin of the simulated network; belongs to the code under test.
#pragma once

#include <memory>

#include "source/net/io_handle.h"
#include "test/harness/memory_network.h"

namespace sluice {

class MemoryIoHandle final : public IoHandle, private SimSource {
 public:
  // `failed`: connecting has failed before it began.
  MemoryIoHandle(MemoryNetwork& network, SimPoller& poller, std::shared_ptr<MemoryLink> link,
                 MemoryLink::End end, IoCounts& counts, bool failed = false);
  ~MemoryIoHandle() override;

  IoResult Read(absl::Span<const iovec> into) override;
  IoResult Write(absl::Span<const iovec> from) override;
  IoResult Peek(absl::Span<const iovec> into) override;
  void ShutdownWrite() override;
  void AbortOnClose() override { abort_ = true; }
  bool Watch(ReadyObserver& observer) override;
  void Unwatch() override;
  int ConnectError() override;
  const Address& local_address() override { return link_->address(end_); }
  const Address& peer_address() override { return link_->address(MemoryLink::Other(end_)); }
  Address OriginalDestination() override;

 private:
  bool readable() const override { return link_->readable(end_); }
  bool writable() const override { return link_->writable(end_); }
  bool ended() const override { return link_->fin_arrived(end_) && !link_->reset_arrived(end_); }
  IoResult ResetByFault();

  MemoryNetwork& network_;
  SimPoller& poller_;
  const std::shared_ptr<MemoryLink> link_;
  const MemoryLink::End end_;
  IoCounts& counts_;
  std::string written_;  // by the last Write; kept for its room
  const int fd_;
  PollerWatch* watch_ = nullptr;
  const bool failed_;
  bool abort_ = false;
  bool reset_by_fault_ = false;
};

}  // namespace sluice
