// MemoryNetwork: the simulated Network: listening and connecting without a kernel, with whatever
// can go wrong between. One thread, one clock; deterministic.
//
// The code under test connects, listens, reads and writes through Network and IoHandle; the test's
// own ends are MemoryPeers, which are not counted and not disturbed.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/net/network.h"
#include "test/harness/memory_link.h"
#include "test/harness/memory_peer.h"
#include "test/harness/sim_clock.h"
#include "test/harness/sim_poller.h"

namespace sluice {

// Calls of the code under test on its handles.
struct IoCounts {
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t empty_reads = 0;  // "again": of the reads
  uint64_t full_writes = 0;  // "again": of the writes
};

enum class FaultKind : uint8_t {
  kReset,  // the call fails, and the other end sees a reset; a connect is refused
  kShort,  // at most one byte goes through
};

struct MemoryBacklog;
class MemoryListenSocket;

class MemoryNetwork final : public Network {
 public:
  explicit MemoryNetwork(SimClock& clock);
  ~MemoryNetwork() override;

  std::unique_ptr<IoHandle> Connect(Poller& poller, const Address& to,
                                    const SocketOptions& options) override;
  absl::StatusOr<std::unique_ptr<ListenSocket>> Listen(Poller& poller, const Address& at,
                                                       const ListenOptions& options) override;

  // The test's side.
  std::unique_ptr<MemoryPeer> Dial(const Address& to);
  using OnPeer = std::function<void(std::unique_ptr<MemoryPeer> peer)>;
  void Serve(const Address& at, OnPeer on_peer);  // a server of the test's
  void StopServing(const Address& at);            // new connections are refused

  // Both kinds of the test's ends of connections to `to` speak over such a layer from now on.
  using MakeLayer = std::function<std::unique_ptr<PeerLayer>()>;
  void LayOver(const Address& to, MakeLayer make_layer) {
    layers_[to.text()] = std::move(make_layer);
  }

  // Of connections to `to` that begin after this.
  LinkShape& shape(const Address& to) { return shapes_[to.text()]; }
  // Who connects to `at` is said to have meant `original`, as if the kernel had redirected it.
  void Redirect(const Address& original, const Address& at) { redirected_[at.text()] = original; }
  // Of all handles that were accepted at, or connected to, this address; since the last reset.
  IoCounts& accepted(const Address& at) { return accepted_[at.text()]; }
  IoCounts& connected(const Address& to) { return connected_[to.text()]; }

  // The `call`th I/O call from now (the first is 1: Connect, Accept, Read, Write) goes wrong.
  void FailCall(uint64_t call, FaultKind kind, std::function<void()> on_fault = nullptr);
  uint64_t calls() const { return calls_; }  // since then

  // Delivers what is due now; true if anything happened.
  bool Pump();
  std::optional<MonotonicTime> NextEvent() const;

  uint64_t open_handles() const { return open_handles_; }
  // What should not be there any more when a world ends, one line each.
  std::vector<std::string> LeftOvers() const;

 private:
  friend class MemoryListenSocket;
  friend class MemoryIoHandle;
  struct Listener {
    std::shared_ptr<MemoryBacklog> backlog;  // or
    OnPeer on_peer;
  };
  struct Syn {
    MonotonicTime due;
    std::shared_ptr<MemoryLink> link;
  };
  std::shared_ptr<MemoryLink> StartLink(const Address& to,
                                        const SocketOptions::Source* source = nullptr);
  void OnSyn(const std::shared_ptr<MemoryLink>& link);
  void Remove(const MemoryBacklog& backlog);
  // Counts the call; whether and how it goes wrong.
  std::optional<FaultKind> NextCall();

  SimClock& clock_;
  std::map<std::string, std::vector<Listener>> listeners_;
  std::unique_ptr<MemoryPeer> MakePeer(const std::shared_ptr<MemoryLink>& link,
                                       MemoryLink::End end);
  std::map<std::string, LinkShape> shapes_;
  std::map<std::string, Address> redirected_;
  std::map<std::string, MakeLayer> layers_;  // by the server's address
  std::map<std::string, IoCounts> accepted_;
  std::map<std::string, IoCounts> connected_;
  std::list<Syn> syns_;
  std::list<std::weak_ptr<MemoryLink>> links_;
  uint16_t next_port_ = 20000;
  uint64_t next_listener_ = 0;
  uint64_t calls_ = 0;
  uint64_t fail_call_ = 0;
  FaultKind fault_ = FaultKind::kReset;
  std::function<void()> on_fault_;
  uint64_t open_handles_ = 0;
};

}  // namespace sluice
