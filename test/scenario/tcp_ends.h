// Scripted ends of a TCP proxy: hosts and clients that know bytes and no protocol.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {

// The ends of all connections that are made to one address; serves until it dies. Dies before the
// proxy does.
template <class End>
class ServedEnds {
 public:
  // What a connection's end becomes; may act on it at once.
  using Make = std::function<std::unique_ptr<End>(std::unique_ptr<MemoryPeer> peer)>;
  ServedEnds(ProxyFixture& proxy, const Address& at, Make make)
      : proxy_(proxy), at_(at), make_(std::move(make)) {
    proxy_.world().memory().Serve(
        at_, [this](std::unique_ptr<MemoryPeer> peer) { ends_.push_back(make_(std::move(peer))); });
  }
  ~ServedEnds() {
    proxy_.world().memory().StopServing(at_);
    ends_.clear();
    proxy_.Run();
  }

  size_t size() const { return ends_.size(); }
  // The `index`th; or a failed test and one that leads nowhere.
  End& At(size_t index) {
    if (index < ends_.size()) return *ends_[index];
    ADD_FAILURE() << "no connection " << index << "; " << ends_.size() << " there are";
    auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), at_);
    nowhere_ = make_(
        std::make_unique<MemoryPeer>(proxy_.world().clock(), std::move(link), MemoryLink::kServer));
    return *nowhere_;
  }

 private:
  ProxyFixture& proxy_;
  const Address at_;
  const Make make_;
  std::vector<std::unique_ptr<End>> ends_;
  std::unique_ptr<End> nowhere_;
};

// Host `host` of the `cluster`th cluster.
class TcpHost {
 public:
  explicit TcpHost(ProxyFixture& proxy, int host = 0, int cluster = 0)
      : peers_(proxy, ProxyFixture::HostAddress(cluster, host),
               [this](std::unique_ptr<MemoryPeer> peer) {
                 if (!greeting_.empty()) peer->Send(greeting_);
                 return peer;
               }) {}

  // What every connection begins with.
  void Greet(const std::string& greeting) { greeting_ = greeting; }
  size_t connections() const { return peers_.size(); }
  MemoryPeer& peer(size_t index = 0) { return peers_.At(index); }

 private:
  std::string greeting_;
  ServedEnds<MemoryPeer> peers_;
};

// A client, connected to the proxy in the next run.
inline std::unique_ptr<MemoryPeer> DialProxy(ProxyFixture& proxy) {
  return proxy.world().memory().Dial(proxy.listener_address());
}

// Options of a proxy whose chain ends with a TCP proxy to cluster "users".
inline ProxyOptions Tcp(const std::string& more = "") {
  return {.tcp = "cluster: users\n" + more,
          .log = "%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT%"};
}

// `bytes` of text in which no stretch of a read's size equals the next.
inline std::string Numbered(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + " ";
  text.resize(bytes);
  return text;
}

}  // namespace sluice
