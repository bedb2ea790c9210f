// DiscoveryServer: serves snapshots over gRPC by Envoy's v3 discovery protocol, aggregated or a
// kind at a time, state of the world or delta, whichever the proxy asks by.
//
// Set from any thread; the rest runs on gRPC's.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "examples/control_plane/snapshot.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"

namespace control_plane {

class Conversation;

class DiscoveryServer final : private grpc::CallbackGenericService {
 public:
  // On 127.0.0.1; port 0: the system chooses.
  explicit DiscoveryServer(int port);
  ~DiscoveryServer() override;

  int port() const { return port_; }  // 0: it could not be had
  // From now on this is what there is; proxies that are there are told at once.
  void Set(std::shared_ptr<const Snapshot> snapshot);

  // Responses since the start: what was sent, and what of it proxies have taken or would not have.
  struct Counts {
    uint64_t sent, taken, refused;
  };
  Counts counts() const { return {sent_, taken_, refused_}; }

 private:
  friend class Conversation;
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
  void Forget(Conversation& conversation);

  std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
  std::set<Conversation*> conversations_;
  std::atomic<uint64_t> sent_ = 0, taken_ = 0, refused_ = 0;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace control_plane
