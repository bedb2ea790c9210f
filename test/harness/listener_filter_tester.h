// ListenerFilterTester: a listener filter driven without a proxy, by a real listener in a simulated
// world. The test plays the client, and reads what became of its connection as one line:
//
//   ListenerFilterTester tester([](StatsRegistry& stats) { return ParseMine(proto, stats); });
//   EXPECT_EQ(tester.HoweverCut("HELLO db7\nquery"), "passed sni=db7 | query");
//
// The line: "passed", what the filter has found out ("tls", "sni=", "alpn=", "remote=", "local=",
// "tlv<type>=", "<namespace>:<key>="), a bar, and the bytes that the filter chain reads. Or
// "waiting", or "closed".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/listener/worker_listener.h"
#include "source/sdk/listener_filter.h"
#include "test/harness/recording_downstream.h"
#include "test/harness/sim_world.h"

namespace sluice {

class ListenerFilterTester {
 public:
  using Make = std::function<std::unique_ptr<const ListenerFilterFactory>(StatsRegistry& stats)>;
  explicit ListenerFilterTester(const Make& make) : ListenerFilterTester(std::vector<Make>{make}) {}
  explicit ListenerFilterTester(const std::vector<Make>& filters);  // in their order
  ~ListenerFilterTester();

  // One connection each. Every piece is seen before the next is sent.
  std::string Pieces(const std::vector<std::string>& pieces);
  std::string Whole(const std::string& bytes) { return Pieces({bytes}); }
  std::string ByteByByte(absl::string_view bytes);
  // Whole, byte by byte, and in two pieces cut at every byte: fails the test unless all end alike.
  std::string HoweverCut(const std::string& bytes);
  // The client sends its FIN behind the bytes.
  std::string WithFin(const std::string& bytes);

  // Where the listener listens.
  const Address& address() const { return address_; }
  int64_t Stat(const std::string& name) { return world_.stats().Value(name); }
  SimWorld& world() { return world_; }

 private:
  std::string Outcome(const MemoryPeer& peer) const;
  SimWorld world_;
  const Address address_;
  TakenLog taken_;
  std::unique_ptr<WorkerListener> listener_;
};

}  // namespace sluice
