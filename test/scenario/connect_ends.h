// Scripted ends of a tunnel: of CONNECT in HTTP/1 or HTTP/2, and of bytes without a protocol where
// the proxy makes one of the other. Behind the heads they know bytes alone; what they saw and said
// is the same whatever the wire, and so is what every tunnel owes them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"
#include "test/scenario/bridge.h"
#include "test/scenario/tcp_ends.h"

namespace sluice {

// What an end speaks; none: bytes, without a head.
using EndWire = std::optional<Wire>;

// One end of one stream.
class TunnelPeer {
 public:
  TunnelPeer(std::unique_ptr<MemoryPeer> peer, EndWire wire, H2Endpoint::Role role);

  // Pseudo-headers first; of HTTP/1 they are the start line, and ":authority" the target of
  // CONNECT.
  void SendHead(const BridgeFields& fields);
  void Send(absl::string_view bytes);
  void Finish();  // this direction
  void Reset();

  // The other end's head; ":authority" is the request's target.
  bool has_head();
  std::string Get(absl::string_view name);
  std::string bytes();  // behind it
  bool ended();         // its direction, or all of it
  bool was_reset();
  MemoryPeer& peer() { return h2_ == nullptr ? *h1_ : h2_->peer(); }
  bool closed() { return peer().got_fin() || peer().got_reset(); }  // the connection
  // Of HTTP/2: the stream's RST_STREAM; 0: none.
  uint32_t reset_code();
  void OnActivity(std::function<void()> call);

 private:
  size_t head_size() const { return h1_->received().find("\r\n\r\n"); }
  const H2Message& message();
  std::unique_ptr<MemoryPeer> h1_;
  std::unique_ptr<H2Endpoint> h2_;
  const bool has_heads_;
  uint32_t stream_ = 0;  // the other end's first one
};

// To the proxy; connects in the next run.
std::unique_ptr<TunnelPeer> ConnectClient(ProxyFixture& proxy, EndWire wire);
void AskToConnect(TunnelPeer& client, const std::string& authority, const BridgeFields& more = {});

// Host 0 of cluster 0: answers each request as soon as its head has come. One stream a connection.
class ConnectHost {
 public:
  ConnectHost(ProxyFixture& proxy, EndWire wire);

  // Instead of 200; empty: nothing.
  void Answer(const BridgeFields& head, const std::string& behind = "") {
    answer_ = head;
    behind_ = behind;
  }
  size_t asked() const { return ends_.size(); }
  TunnelPeer& end(size_t index = 0) { return ends_.At(index); }

 private:
  std::unique_ptr<TunnelPeer> MakeEnd(std::unique_ptr<MemoryPeer> peer);
  const EndWire wire_;
  BridgeFields answer_ = {{":status", "200"}};
  std::string behind_;
  ServedEnds<TunnelPeer> ends_;
};

// A proxy with one client and one host, who go in an order that leaves nothing behind.
template <class Param>
class TunnelTest : public testing::TestWithParam<Param> {
 protected:
  enum class Serve : uint8_t { kYes, kNo };
  // `before_ends` may lay TLS under them.
  void StartEnds(
      const std::string& routes, const ProxyOptions& options, EndWire client, EndWire host,
      Serve serve = Serve::kYes,
      const std::function<void(ProxyFixture&)>& before_ends = [](auto&) {}) {
    TearDown();
    proxy_ = std::make_unique<ProxyFixture>(routes, options);
    before_ends(*proxy_);
    if (serve == Serve::kYes) host_ = std::make_unique<ConnectHost>(*proxy_, host);
    client_ = ConnectClient(*proxy_, client);
  }
  void TearDown() override {
    client_.reset();
    host_.reset();
    if (proxy_ != nullptr) proxy_->Run();
    proxy_.reset();
  }
  ProxyFixture& proxy() { return *proxy_; }
  TunnelPeer& client() { return *client_; }
  TunnelPeer& host() { return host_->end(); }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<ConnectHost> host_;
  std::unique_ptr<TunnelPeer> client_;
};
inline std::string WireName(const testing::TestParamInfo<Wire>& info) {
  return info.param == Wire::kHttp1 ? "Http1" : "Http2";
}

// Of an open tunnel in which nothing has been said: `first` ends its side, and the other goes on.
void ExpectEachEndClosesItsOwnSide(ProxyFixture& proxy, TunnelPeer& first, TunnelPeer& second);
void ExpectAResetReaches(ProxyFixture& proxy, TunnelPeer& from, TunnelPeer& to);
// Nothing is lost, and what waits is bounded.
void ExpectAStalledEndHoldsABoundedAmount(ProxyFixture& proxy, TunnelPeer& stalled,
                                          TunnelPeer& sender);

}  // namespace sluice
