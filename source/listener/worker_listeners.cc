#include "source/listener/worker_listeners.h"

#include <utility>

#include "absl/algorithm/container.h"

namespace sluice {

// Tells of its end when nothing of it is held any more.
class WorkerListeners::Going final : public Deferred {
 public:
  explicit Going(Part part) : part_(std::move(part)) {}
  ~Going() override {
    part_.listener.reset();
    part_.on_gone();
  }

 private:
  Part part_;
};

void WorkerListeners::Add(uint64_t id, const Address& address,
                          std::shared_ptr<const ListenerConfig> config,
                          std::unique_ptr<ListenSocket> socket, ConnectionBalance* balance) {
  auto listener = std::make_unique<WorkerListener>(
      worker_, std::move(config), WorkerListener::Place{std::move(socket), &by_address_, balance});
  listener->TellFreed(on_freed_);
  by_address_.Add(address, *listener);
  parts_[id] = {address, std::move(listener), nullptr};
}

void WorkerListeners::StopAccepting(uint64_t id) {
  Part& part = parts_.at(id);
  by_address_.Remove(part.address, *part.listener);
  part.listener->StopAccepting();
}

void WorkerListeners::Leave(uint64_t id, const DrainPace& pace, std::function<void()> on_gone) {
  Part& part = parts_.at(id);
  part.on_gone = std::move(on_gone);
  WorkerListener& listener = *part.listener;  // until the end of the turn, whatever happens
  listener.Leave(pace, [this, id] { OnEmpty(id); });
  if (listener.connections() == 0) OnEmpty(id);
}

// May be called more than once, from inside of the listener.
void WorkerListeners::OnEmpty(uint64_t id) {
  const auto at = parts_.find(id);
  if (at != parts_.end() && at->second.on_gone != nullptr) {
    Part part = std::move(at->second);
    parts_.erase(at);
    worker_.loop.DeleteLater(std::make_unique<Going>(std::move(part)));
  }
  const auto is_empty = [](const auto& entry) { return entry.second.listener->connections() == 0; };
  if (on_empty_ == nullptr || !absl::c_all_of(parts_, is_empty)) return;
  std::exchange(on_empty_, nullptr)();
}

void WorkerListeners::StopAllAccepting() {
  for (const auto& [id, part] : parts_) part.listener->StopAccepting();
}

void WorkerListeners::DrainAll(std::function<void()> on_empty) {
  on_empty_ = std::move(on_empty);
  std::vector<std::pair<uint64_t, WorkerListener*>> listeners;  // as in CloseAll
  for (const auto& [id, part] : parts_) listeners.emplace_back(id, part.listener.get());
  for (const auto& [id, listener] : listeners) {
    listener->StartDrain([this, id = id] { OnEmpty(id); });
  }
  OnEmpty(0);
}

void WorkerListeners::CloseAll() {
  std::vector<WorkerListener*> listeners;  // those that have left go meanwhile
  for (const auto& [id, part] : parts_) listeners.push_back(part.listener.get());
  for (WorkerListener* listener : listeners) listener->CloseAll();
}

std::vector<ConnectionView> WorkerListeners::Connections() {
  std::vector<ConnectionView> views;
  const MonotonicTime now = worker_.loop.now();
  for (const auto& [id, part] : parts_) {
    part.listener->ForEachChain([&, listener = part.listener.get()](ChainConnections& chain) {
      chain.ForEach([&](Downstream& downstream) {
        ConnectionView view = {.listener = listener->config().name,
                               .chain = chain.chain().name,
                               .version = chain.chain().version,
                               .age = now - downstream.accepted_at,
                               .leaving = chain.leaving()};
        StreamInfo info;
        downstream.Describe(info);
        if (info.downstream != nullptr) {
          view.id = info.downstream->connection_id;
          view.client = info.downstream->io->peer_address().text();
        }
        view.protocol = HttpProtocolText(info.protocol);
        view.requests = downstream.load().requests;
        view.tunnels = downstream.load().tunnels;
        views.push_back(std::move(view));
      });
    });
  }
  return views;
}

}  // namespace sluice
