// RacingIoHandle: a connecting IoHandle to a host that has several addresses: tries one after the
// other, the next as soon as one has failed, or 300 ms after the last began (RFC 8305 section 5).
// The first that connects is the connection, and the others are given up. ConnectToAny: to a host
// that has one, or several.
//
// Belongs to its Connection, on its worker. Begins with the first Watch.
#pragma once

#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/net/io_handle.h"
#include "source/net/network.h"

namespace sluice {

// RFC 8305 section 4: families take turns, beginning with that of the first; within each the order
// stays.
std::vector<Address> Interleave(const std::vector<Address>& addresses);

// In this order; at least one.
std::unique_ptr<IoHandle> ConnectToAny(Network& network, EventLoop& loop,
                                       absl::Span<const Address> addresses,
                                       const SocketOptions& options);

class RacingIoHandle final : public IoHandle {
 public:
  // `network` outlives it.
  RacingIoHandle(Network& network, EventLoop& loop, absl::Span<const Address> addresses,
                 const SocketOptions& options);

  IoResult Read(absl::Span<const iovec> into) override;
  IoResult Write(absl::Span<const iovec> from) override;
  IoResult Peek(absl::Span<const iovec> into) override;
  void ShutdownWrite() override;
  void AbortOnClose() override;
  bool Watch(ReadyObserver& observer) override;
  void Unwatch() override;
  int ConnectError() override;
  const Address& local_address() override;
  const Address& peer_address() override;
  Address OriginalDestination() override { return {}; }

 private:
  // To one of the addresses.
  struct Try final : public ReadyObserver {
    Try(RacingIoHandle& race, std::unique_ptr<IoHandle> io) : race(race), io(std::move(io)) {}
    void OnReady(Readiness ready) override { race.OnReady(*this, ready); }
    RacingIoHandle& race;
    std::unique_ptr<IoHandle> io;  // null: it has won, or was given up
    bool failed = false;
  };
  void OnReady(Try& one, Readiness ready);
  void OnDelay();
  // The next that does not fail at once, if there is any left.
  void StartNext();
  bool lost() const;  // none is left, nor under way

  static constexpr Duration kDelay = std::chrono::milliseconds(300);
  Network& network_;
  EventLoop& loop_;
  const std::vector<Address> addresses_;
  const SocketOptions options_;
  ReadyObserver* observer_ = nullptr;
  std::vector<std::unique_ptr<Try>> tries_;  // in the order of the addresses
  std::unique_ptr<IoHandle> winner_;         // null: none yet
  int error_ = 0;                            // of the last that failed
  Timer delay_;
};

}  // namespace sluice
