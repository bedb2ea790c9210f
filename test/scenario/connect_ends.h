// Scripted ends of CONNECT, of HTTP/1 or HTTP/2: a client, and a host that accepts or refuses.
// Behind the heads they know bytes and no protocol. What they saw and said is the same whatever the
// wire.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"
#include "test/scenario/bridge.h"

namespace sluice {

// One end of one stream.
class TunnelPeer {
 public:
  TunnelPeer(std::unique_ptr<MemoryPeer> peer, Wire wire, H2Endpoint::Role role);

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
  uint32_t stream_ = 0;  // the other end's first one
};

// To the proxy; connects in the next run.
std::unique_ptr<TunnelPeer> ConnectClient(ProxyFixture& proxy, Wire wire);
void AskToConnect(TunnelPeer& client, const std::string& authority, const BridgeFields& more = {});

// Host 0 of cluster 0: answers each request as soon as its head has come. One stream a connection.
class ConnectHost {
 public:
  ConnectHost(ProxyFixture& proxy, Wire wire);
  ~ConnectHost();

  // Instead of 200; empty: nothing.
  void Answer(const BridgeFields& head, const std::string& behind = "") {
    answer_ = head;
    behind_ = behind;
  }
  size_t asked() const { return ends_.size(); }
  // The `index`th connection; or a failed test and one that leads nowhere.
  TunnelPeer& end(size_t index = 0);

 private:
  ProxyFixture& proxy_;
  const Wire wire_;
  BridgeFields answer_ = {{":status", "200"}};
  std::string behind_;
  std::vector<std::unique_ptr<TunnelPeer>> ends_;
  std::unique_ptr<TunnelPeer> nowhere_;
};

}  // namespace sluice
