#include "test/harness/memory_network.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "test/harness/memory_io_handle.h"

namespace sluice {

// A listening socket as the kernel has it, and those through which workers see it.
struct MemoryBacklog {
  std::deque<std::shared_ptr<MemoryLink>> waiting;
  std::vector<MemoryListenSocket*> sockets;
};

class MemoryListenSocket final : public ListenSocket, private SimSource {
 public:
  MemoryListenSocket(MemoryNetwork& network, SimPoller& poller, Address at,
                     std::shared_ptr<MemoryBacklog> backlog)
      : network_(network),
        poller_(poller),
        at_(std::move(at)),
        fd_(poller.Open(*this)),
        backlog_(std::move(backlog)) {
    backlog_->sockets.push_back(this);
  }
  ~MemoryListenSocket() override {
    Unwatch();
    poller_.Close(fd_);
    auto& sockets = backlog_->sockets;
    sockets.erase(std::find(sockets.begin(), sockets.end(), this));
    if (!sockets.empty()) return;
    network_.Remove(*backlog_);
    // As the kernel: who waits to be accepted is reset.
    for (const std::shared_ptr<MemoryLink>& link : backlog_->waiting) {
      link->Reset(MemoryLink::kServer, network_.clock_.now());
    }
  }
  std::unique_ptr<IoHandle> Accept() override { return AcceptFor(poller_); }
  std::unique_ptr<IoHandle> AcceptFor(Poller& poller) override {
    std::deque<std::shared_ptr<MemoryLink>>& waiting = backlog_->waiting;
    while (!waiting.empty()) {
      std::shared_ptr<MemoryLink> link = std::move(waiting.front());
      waiting.pop_front();
      if (network_.NextCall() == FaultKind::kReset) {
        link->Reset(MemoryLink::kServer, network_.clock_.now());
        continue;
      }
      return std::make_unique<MemoryIoHandle>(network_, static_cast<SimPoller&>(poller),
                                              std::move(link), MemoryLink::kServer,
                                              network_.accepted(at_));
    }
    return nullptr;
  }
  void Watch(ReadyObserver& observer) override {
    Unwatch();
    watch_ = poller_.Watch(fd_, WatchMode::kLevelRead, observer);
  }
  void Unwatch() override {
    if (watch_ != nullptr) poller_.Unwatch(watch_);
    watch_ = nullptr;
  }
  absl::StatusOr<std::unique_ptr<ListenSocket>> Share(Poller& poller) const override {
    return std::make_unique<MemoryListenSocket>(network_, static_cast<SimPoller&>(poller), at_,
                                                backlog_);
  }
  const Address& local_address() const override { return at_; }
  void Notify() { poller_.Notify(fd_); }

 private:
  bool readable() const override { return !backlog_->waiting.empty(); }
  bool writable() const override { return false; }
  bool ended() const override { return false; }
  MemoryNetwork& network_;
  SimPoller& poller_;
  const Address at_;
  const int fd_;
  PollerWatch* watch_ = nullptr;
  const std::shared_ptr<MemoryBacklog> backlog_;
};

MemoryNetwork::MemoryNetwork(SimClock& clock) : clock_(clock) {}
MemoryNetwork::~MemoryNetwork() = default;

std::unique_ptr<IoHandle> MemoryNetwork::Connect(Poller& poller, const Address& to,
                                                 const SocketOptions& options) {
  const bool failed = NextCall() == FaultKind::kReset;
  SimPoller& sim_poller = static_cast<SimPoller&>(poller);
  if (failed) {
    auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), to);
    return std::make_unique<MemoryIoHandle>(*this, sim_poller, link, MemoryLink::kClient,
                                            connected(to), failed);
  }
  return std::make_unique<MemoryIoHandle>(*this, sim_poller, StartLink(to, options.SourceFor(to)),
                                          MemoryLink::kClient, connected(to));
}

absl::StatusOr<std::unique_ptr<ListenSocket>> MemoryNetwork::Listen(Poller& poller,
                                                                    const Address& at,
                                                                    const ListenOptions& options) {
  const Address bound = at.is_ip() && at.port() == 0 ? at.WithPort(next_port_++) : at;
  std::vector<Listener>& listeners = listeners_[bound.text()];
  const bool may_share = options.reuse_port && at.is_ip();
  if (!listeners.empty() && (!may_share || listeners.front().backlog == nullptr)) {
    return absl::UnavailableError(
        absl::StrCat("cannot bind ", bound.text(), ": Address already in use"));
  }
  auto backlog = std::make_shared<MemoryBacklog>();
  listeners.push_back({backlog, nullptr});
  return std::make_unique<MemoryListenSocket>(*this, static_cast<SimPoller&>(poller), bound,
                                              std::move(backlog));
}

std::unique_ptr<MemoryPeer> MemoryNetwork::MakePeer(const std::shared_ptr<MemoryLink>& link,
                                                    MemoryLink::End end) {
  auto peer = std::make_unique<MemoryPeer>(clock_, link, end);
  const auto layer = layers_.find(link->address(MemoryLink::kServer).text());
  if (layer != layers_.end()) peer->SetLayer(layer->second());
  return peer;
}

std::unique_ptr<MemoryPeer> MemoryNetwork::Dial(const Address& to) {
  return MakePeer(StartLink(to), MemoryLink::kClient);
}

void MemoryNetwork::Serve(const Address& at, OnPeer on_peer) {
  SLUICE_CHECK(listeners_[at.text()].empty());
  listeners_[at.text()].push_back({nullptr, std::move(on_peer)});
}

void MemoryNetwork::StopServing(const Address& at) { listeners_.erase(at.text()); }

std::shared_ptr<MemoryLink> MemoryNetwork::StartLink(const Address& to,
                                                     const SocketOptions::Source* source) {
  const LinkShape shape = shapes_[to.text()];
  Address from = source != nullptr ? source->address : Address::FromIp("10.9.8.7", 0).value();
  if (from.port() == 0) from = from.WithPort(next_port_++);
  auto link = std::make_shared<MemoryLink>(shape, from, to);
  links_.push_back(link);
  if (!shape.black_hole) syns_.push_back({clock_.now() + shape.latency, link});
  return link;
}

void MemoryNetwork::OnSyn(const std::shared_ptr<MemoryLink>& link) {
  const auto found = listeners_.find(link->address(MemoryLink::kServer).text());
  if (found == listeners_.end() || found->second.empty() || link->shape().refuse) {
    return link->Refuse(clock_.now());
  }
  link->Establish(clock_.now());
  // Like SO_REUSEPORT, but in turn.
  const Listener& listener = found->second[next_listener_++ % found->second.size()];
  if (listener.backlog != nullptr) {
    listener.backlog->waiting.push_back(link);
    for (MemoryListenSocket* socket : listener.backlog->sockets) socket->Notify();
    return;
  }
  const OnPeer on_peer = listener.on_peer;  // a copy: it may stop serving
  on_peer(MakePeer(link, MemoryLink::kServer));
}

void MemoryNetwork::Remove(const MemoryBacklog& backlog) {
  for (auto& [address, listeners] : listeners_) {
    listeners.erase(
        std::remove_if(listeners.begin(), listeners.end(),
                       [&backlog](const Listener& at) { return at.backlog.get() == &backlog; }),
        listeners.end());
  }
}

void MemoryNetwork::FailCall(uint64_t call, FaultKind kind, std::function<void()> on_fault) {
  calls_ = 0;
  fail_call_ = call;
  fault_ = kind;
  on_fault_ = std::move(on_fault);
}

std::optional<FaultKind> MemoryNetwork::NextCall() {
  if (++calls_ != fail_call_) return std::nullopt;
  if (on_fault_) on_fault_();
  return fault_;
}

bool MemoryNetwork::Pump() {
  bool happened = false;
  while (!syns_.empty()) {
    const auto due = std::find_if(syns_.begin(), syns_.end(),
                                  [this](const Syn& syn) { return syn.due <= clock_.now(); });
    if (due == syns_.end()) break;
    const std::shared_ptr<MemoryLink> link = due->link;
    syns_.erase(due);
    OnSyn(link);
    happened = true;
  }
  // New links come behind the end, and are seen in this very pass.
  for (auto at = links_.begin(); at != links_.end();) {
    const std::shared_ptr<MemoryLink> link = at->lock();
    if (link == nullptr) {
      at = links_.erase(at);
      continue;
    }
    happened |= link->Pump(clock_.now());
    ++at;
  }
  return happened;
}

std::optional<MonotonicTime> MemoryNetwork::NextEvent() const {
  std::optional<MonotonicTime> next;
  const auto consider = [&next](MonotonicTime at) { next = std::min(next.value_or(at), at); };
  for (const Syn& syn : syns_) consider(syn.due);
  for (const std::weak_ptr<MemoryLink>& weak : links_) {
    const std::shared_ptr<MemoryLink> link = weak.lock();
    if (link == nullptr) continue;
    if (const std::optional<MonotonicTime> at = link->NextEvent(); at.has_value()) consider(*at);
  }
  return next;
}

std::vector<std::string> MemoryNetwork::LeftOvers() const {
  std::vector<std::string> lines;
  if (open_handles_ > 0) lines.push_back(absl::StrCat(open_handles_, " open handles"));
  for (const auto& [address, listeners] : listeners_) {
    for (const Listener& listener : listeners) {
      if (listener.backlog != nullptr)
        lines.push_back(absl::StrCat("still listening on ", address));
    }
  }
  for (const std::weak_ptr<MemoryLink>& weak : links_) {
    const std::shared_ptr<MemoryLink> link = weak.lock();
    if (link == nullptr) continue;
    for (MemoryLink::End end : {MemoryLink::kClient, MemoryLink::kServer}) {
      if (link->closed(end) || link->sent_bytes(MemoryLink::Other(end)) == 0) continue;
      lines.push_back(absl::StrCat(link->sent_bytes(MemoryLink::Other(end)),
                                   " undelivered bytes on their way to ",
                                   link->address(end).text()));
    }
  }
  return lines;
}

}  // namespace sluice
