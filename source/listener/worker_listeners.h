// WorkerListeners: the parts that all listeners have on one worker, by numbers that the main thread
// gives: one for each listener at each of its addresses, and none twice.
//
// On its worker, but for construction and destruction. A listener that has left goes when its last
// connection does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/btree_map.h"
#include "source/event/worker_context.h"
#include "source/listener/connection_view.h"
#include "source/listener/listeners_by_address.h"
#include "source/listener/worker_listener.h"
#include "source/net/address.h"

namespace sluice {

class WorkerListeners {
 public:
  explicit WorkerListeners(WorkerContext& worker) : worker_(worker) {}
  WorkerListeners(const WorkerListeners&) = delete;
  WorkerListeners& operator=(const WorkerListeners&) = delete;

  // What listeners hold is shared with the main thread, which is to be the last to let go of it:
  // `on_freed` is called whenever this worker has let go of something.
  void TellFreed(std::function<void()> on_freed) { on_freed_ = std::move(on_freed); }

  // `address`: by which others find it. Does not accept before Start.
  void Add(uint64_t id, const Address& address, std::shared_ptr<const ListenerConfig> config,
           std::unique_ptr<ListenSocket> socket, ConnectionBalance* balance);
  void Start(uint64_t id) { parts_.at(id).listener->Start(); }
  // Another socket, or none, from now on; it does not accept before Start.
  void SetSocket(uint64_t id, std::unique_ptr<ListenSocket> socket) {
    parts_.at(id).listener->SetSocket(std::move(socket));
  }
  void SetBalance(uint64_t id, ConnectionBalance& balance) {
    parts_.at(id).listener->SetBalance(balance);
  }
  void Replace(uint64_t id, std::shared_ptr<const ListenerConfig> config, const DrainPace& pace) {
    parts_.at(id).listener->Replace(std::move(config), pace);
  }
  // Nobody hands it a connection any more either, but who was told to before.
  void StopAccepting(uint64_t id);
  // After that, on all workers. `on_gone` is called once.
  void Leave(uint64_t id, const DrainPace& pace, std::function<void()> on_gone);

  // Of all. `on_empty` is called once, when none has a connection: one may hand one to another.
  void StopAllAccepting();
  void DrainAll(std::function<void()> on_empty);
  void CloseAll();
  void Clear() { parts_.clear(); }
  std::vector<ConnectionView> Connections();

 private:
  struct Part {
    Address address;
    std::unique_ptr<WorkerListener> listener;
    std::function<void()> on_gone;  // set: it has left
  };
  void OnEmpty(uint64_t id);
  class Going;  // a listener that has left

  WorkerContext& worker_;
  ListenersByAddress by_address_;
  absl::btree_map<uint64_t, Part> parts_;
  std::function<void()> on_empty_;
  std::function<void()> on_freed_;
};

}  // namespace sluice
