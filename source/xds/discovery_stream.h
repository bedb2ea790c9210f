// DiscoveryStream: one stream to a control plane, aggregated or of one kind, in either dialect:
// asks for what is wanted, hands on what comes, answers, and comes back after a failure with all
// that it knew. What was accepted stays in use however long the control plane is away.
//
// Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envoy/config/core/v3/base.pb.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/grpc/message_stream.h"
#include "source/xds/dialect.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/xds_stats.h"

namespace sluice {

// Who uses the resources of one kind that come by one stream.
class ResourceUser {
 public:
  // Takes in what has come and drops what is gone (that it had accepted). What is not among the
  // errors is accepted; of what is, the version before stays in use.
  virtual std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                                 const std::vector<std::string>& gone) = 0;
  // What was asked for has not come in its time, and may come yet. "": all there is of the kind.
  virtual void OnFetchTimeout(const std::string& name) = 0;

 protected:
  ~ResourceUser() = default;
};

class DiscoveryStream final : private MessageStreamEvents, private EndOfTurnTask {
 public:
  struct Settings {
    const Dialect& dialect;
    bool is_aggregated;
    envoy::config::core::v3::Node node;
    bool node_once = true;  // set_node_on_first_message_only
  };
  DiscoveryStream(WorkerContext& main, std::unique_ptr<MessageChannel> channel, Settings settings,
                  const ControlPlaneStats& stats);
  ~DiscoveryStream();

  // Before anything of the kind is wanted; once for each kind. A stream that is not aggregated has
  // one kind. `user` outlives this.
  void Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats);

  // `fetch_timeout`: when to give up waiting for the first; zero: never.
  void WantAll(const ResourceType& type, Duration fetch_timeout);
  void Want(const ResourceType& type, const std::string& name, Duration fetch_timeout);
  // What had been accepted of it is forgotten.
  void Unwant(const ResourceType& type, const std::string& name);

  bool is_connected() const { return is_connected_; }

 private:
  struct Kind {
    Kind(DiscoveryStream& stream, const ResourceType& type, ResourceUser& user,
         const UpdateStats& stats);
    Subscription subscription;
    ResourceUser& user;
    UpdateStats stats;
    NameDeadlines fetches;  // first answers that are waited for; "": to the wildcard
    NameDeadlines lives;    // times to live
  };

  void OnMessage(std::string message) override;
  void OnEnd(const absl::Status& why) override;
  void RunEndOfTurn() override { SendRequests(); }
  void Connect();
  void SendRequests();
  void OnFetchTimeout(Kind& kind, const std::string& name);
  void OnLifeOver(Kind& kind, const std::string& name);
  void Take(Kind& kind, Response response);
  std::vector<ResourceError> TakeGood(Kind& kind, Response& response);
  Kind* Find(absl::string_view type_url);

  WorkerContext& main_;
  const std::unique_ptr<MessageChannel> channel_;
  const Settings settings_;
  const ControlPlaneStats stats_;
  std::vector<std::unique_ptr<Kind>> kinds_;
  std::unique_ptr<MessageStream> stream_;  // null: between two
  bool has_told_node_ = false;
  bool is_connected_ = false;  // heard of since it was opened
  uint32_t failures_ = 0;      // since it was last heard of
  Timer reconnect_{main_.loop, this, kMethod<&DiscoveryStream::Connect>};
};

}  // namespace sluice
