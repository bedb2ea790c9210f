// PoolFixture: one worker's pool of one host in a SimWorld, borrowers that play the router's
// attempts, and upstream peers that speak raw wire.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/base/arena.h"
#include "source/http/codec.h"
#include "source/http/headers.h"
#include "source/upstream/connection_pool.h"
#include "source/upstream/worker_cluster.h"
#include "test/harness/memory_peer.h"
#include "test/harness/sim_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {

// Asks a pool for a connection, sends GET / over it, and writes down what comes of it.
class Borrower final : public PoolWaiter, public StreamEvents {
 public:
  explicit Borrower(std::string body = "") : body_(std::move(body)) {}
  ~Borrower() override {
    if (stream != nullptr) connection->ResetStream(*stream, ResetCode::kCancel);
  }

  // "", or the end of the story: "200 hello", "reset: connection", "failed: overflow" ...
  std::string outcome;
  std::string reason;                      // of a pool failure
  bool reused = false;                     // as of the stream's end
  bool any_byte = false;                   // of the response
  ClientConnection* connection = nullptr;  // while the stream is open
  CodecStream* stream = nullptr;
  std::function<void()> on_end;  // after the outcome is known
  bool pause_at_data = false;    // each time it has got some; the test resumes

  void OnPoolReady(ClientConnection& given) override;
  void OnPoolFailure(PoolFailure failure, absl::string_view why) override;
  Headers& BeginHeaders(HeadersKind) override { return headers_; }
  void OnHeaders(Headers& headers, End end) override;
  void OnInformational(Headers&) override { any_byte = true; }
  void OnData(Buffer& data, End end) override;
  void OnTrailers(Headers&) override {}
  void OnReset(StreamReset reset, ResetCode code) override;
  void OnComplete() override;
  BodyState FillBody(Buffer& out, size_t bytes_max) override;
  Headers& OutgoingTrailers() override { return headers_; }

  // On `connection`'s `stream`.
  void SendRequest();
  // Gives the stream up.
  void Reset();

 private:
  void EndStory(std::string with);
  Arena arena_;
  Headers request_{arena_};
  Headers headers_{arena_};
  const std::string body_;
  std::string response_;
};

class PoolFixture {
 public:
  // `edit` changes the defaults of the spec.
  explicit PoolFixture(
      const std::function<void(ClusterSpec&)>& edit = [](ClusterSpec&) {},
      const SimOptions& options = {});
  ~PoolFixture();

  WorkerCluster& cluster() { return *cluster_; }
  ConnectionPool& pool() { return cluster_->PoolOf(*host_, key); }
  Host& host() { return *host_; }
  void DestroyCluster() { cluster_.reset(); }
  void RemoveHost();

  void Ask(Borrower& borrower, RoutePriority priority = RoutePriority::kDefault) {
    pool().Request(borrower, priority);
  }
  // The whole exchange over the given connection's peer; the outcome.
  std::string Exchange(Borrower& borrower);
  // Connections that the host has accepted, in order; null when closed by the test.
  MemoryPeer& peer(size_t index) { return *peers_.at(index); }
  size_t peers() const { return peers_.size(); }
  void ClosePeer(size_t index) { peers_.at(index).reset(); }
  // Answers whatever has been received at `index`.
  void Answer(size_t index, absl::string_view body = "hello");
  void AnswerRaw(size_t index, absl::string_view bytes);

  int64_t stat(absl::string_view name) const;  // without "cluster.users."
  void Run() { world.RunUntilIdle(); }

  SimWorld world;
  PoolKey key;

 private:
  std::shared_ptr<ClusterSpec> spec_;
  std::shared_ptr<CircuitBreaker> breaker_;
  std::shared_ptr<Host> host_;
  std::unique_ptr<WorkerCluster> cluster_;
  std::vector<std::unique_ptr<MemoryPeer>> peers_;
};

}  // namespace sluice
