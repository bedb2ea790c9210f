// Bridge: a proxy between a client and a host, each of HTTP/1 or HTTP/2, over plaintext or TLS, in
// messages that know neither: what a test of the proxy's semantics is written with, once for all
// pairs.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"
#include "test/scenario/tls_setup.h"

namespace sluice {

enum class Wire : uint8_t { kHttp1, kHttp2 };
enum class BridgeOver : uint8_t { kPlaintext, kTls };  // both sides

struct BridgePair {
  Wire client;
  Wire host;
  BridgeOver over;
};
std::vector<BridgePair> AllBridgePairs();
std::string BridgePairName(const BridgePair& pair);  // "Http1ToHttp2OverTls"
// Fields of a cluster whose hosts speak that.
std::string BridgeClusterFields(Wire host);
inline void PrintTo(const BridgePair& pair, std::ostream* out) { *out << BridgePairName(pair); }

using BridgeFields = std::vector<std::pair<std::string, std::string>>;

// A message as it came: names in lower case, the start line as pseudo-headers, whatever the wire.
struct BridgeMessage {
  BridgeFields fields;
  std::string body;
  BridgeFields trailers;
  std::vector<BridgeMessage> informational;

  bool Has(absl::string_view name) const;
  // All values of that name, with ", " between them.
  std::string Get(absl::string_view name) const;
  int status() const;
};

// A length where there is a body, and no `chunked`.
struct BridgeRequest {
  std::string method = "GET";
  std::string path = "/";
  BridgeFields fields;
  std::string body;
  bool chunked = false;
  BridgeFields trailers;
};

struct BridgeAnswer {
  int status = 200;
  BridgeFields fields;
  std::string body;
  bool chunked = false;
  BridgeFields trailers;
  std::vector<std::pair<int, BridgeFields>> informational;
};

class Bridge {
 public:
  // kNone: a test brings its own, and asks the bridge for nothing but the proxy.
  enum class Ends : uint8_t { kScripted, kNone };
  explicit Bridge(const BridgePair& pair, ProxyOptions options = {}, Ends ends = Ends::kScripted);

  using OnRequest = std::function<BridgeAnswer(const BridgeMessage& request)>;
  void Answer(OnRequest on_request) { on_request_ = std::move(on_request); }
  void Answer(const BridgeAnswer& answer);
  // The host does this with every request instead.
  enum class Instead : uint8_t { kNothing, kCloses, kAnswersNonsense };
  void AnswerNot(Instead instead) { instead_ = instead; }

  // Sends and runs.
  void Ask(const BridgeRequest& request);
  void Get(const std::string& path = "/", const BridgeFields& fields = {});
  // The client gives up on what it has asked last.
  void GiveUp();

  const std::vector<BridgeMessage>& requests() const { return requests_; }
  // Of the nth request; what has come of it, whole or not.
  BridgeMessage response(size_t index = 0) const;
  bool complete(size_t index = 0) const;
  // The host has been told that the last request is not wanted any more.
  bool host_was_told() const;

  ProxyFixture& proxy() { return *proxy_; }
  const BridgePair& pair() const { return pair_; }

 private:
  H1Answer AnswerHttp1(const H1Message& request);
  H2Answer AnswerHttp2(const H2Message& request);

  const BridgePair pair_;
  TlsSetup tls_;
  std::unique_ptr<ProxyFixture> proxy_;
  OnRequest on_request_;
  Instead instead_ = Instead::kNothing;
  bool scripted_ = false;
  std::vector<BridgeMessage> requests_;
  H1Client* h1_client_ = nullptr;
  H1Server* h1_host_ = nullptr;
  std::unique_ptr<H2Client> h2_client_;
  std::unique_ptr<H2Server> h2_host_;
  std::vector<uint32_t> streams_;
};

}  // namespace sluice
