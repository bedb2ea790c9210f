// Scripted ends of a TCP proxy: hosts and clients that know bytes and no protocol.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {

// Host `host` of the `cluster`th cluster; serves until it dies. Dies before the proxy does.
class TcpHost {
 public:
  explicit TcpHost(ProxyFixture& proxy, int host = 0, int cluster = 0)
      : proxy_(proxy), at_(ProxyFixture::HostAddress(cluster, host)) {
    proxy_.world().memory().Serve(at_, [this](std::unique_ptr<MemoryPeer> peer) {
      if (!greeting_.empty()) peer->Send(greeting_);
      peers_.push_back(std::move(peer));
    });
  }
  ~TcpHost() {
    proxy_.world().memory().StopServing(at_);
    peers_.clear();
    proxy_.Run();
  }

  // What every connection begins with.
  void Greet(const std::string& greeting) { greeting_ = greeting; }
  size_t connections() const { return peers_.size(); }
  // The `index`th connection; or a failed test and one that leads nowhere.
  MemoryPeer& peer(size_t index = 0) {
    if (index < peers_.size()) return *peers_[index];
    ADD_FAILURE() << "no connection " << index << "; " << peers_.size() << " there are";
    auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), at_);
    nowhere_ =
        std::make_unique<MemoryPeer>(proxy_.world().clock(), std::move(link), MemoryLink::kServer);
    return *nowhere_;
  }

 private:
  ProxyFixture& proxy_;
  const Address at_;
  std::string greeting_;
  std::vector<std::unique_ptr<MemoryPeer>> peers_;
  std::unique_ptr<MemoryPeer> nowhere_;
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
