// DiscoveryStream: one stream to a control plane, aggregated or of one kind, in either dialect:
// asks for what is wanted, hands on what comes, answers, and comes back after a failure with all
// that it knew. What was accepted stays in use however long the control plane is away, and what
// is refused again and again is refused more and more slowly.
//
// A response of many resources is taken in parts, a turn each, so that whatever else the thread has
// to do is not held up. Responses wait for those that came before them, but one of endpoints only
// for others of endpoints, where all that it brings is wanted already: what concerns one cluster
// comes through while all of them change.
//
// Main thread.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "envoy/config/core/v3/base.pb.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/grpc/message_stream.h"
#include "source/xds/dialect.h"
#include "source/xds/intake.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/request_rate.h"
#include "source/xds/resource_source.h"
#include "source/xds/subscription.h"
#include "source/xds/xds_stats.h"

namespace sluice {

class DiscoveryStream final : public ResourceSource,
                              private MessageStreamEvents,
                              private EndOfTurnTask {
 public:
  struct Settings {
    const Dialect& dialect;
    bool is_aggregated;
    envoy::config::core::v3::Node node;
    bool node_once = true;                                     // set_node_on_first_message_only
    std::optional<RequestRate::Settings> rate = std::nullopt;  // none: as fast as they come
  };
  // For each stream anew, as addresses and certificates change.
  using MakeChannel = std::function<absl::StatusOr<std::unique_ptr<MessageChannel>>()>;
  DiscoveryStream(WorkerContext& main, MakeChannel make_channel, Settings settings,
                  const ControlPlaneStats& stats);
  ~DiscoveryStream() override;

  // A stream that is not aggregated has one kind.
  void Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) override;
  void WantAll(const ResourceType& type, Duration fetch_timeout) override;
  void Want(const ResourceType& type, const std::string& name, Duration fetch_timeout) override;
  void Unwant(const ResourceType& type, const std::string& name) override;

  bool is_connected() const { return is_connected_; }

 private:
  struct Kind {
    Kind(DiscoveryStream& stream, const ResourceType& type, ResourceUser& user,
         const UpdateStats& stats);
    void OnPace();
    Subscription subscription;
    ResourceUser& user;
    UpdateStats stats;
    NameDeadlines fetches;  // first answers that are waited for; "": to the wildcard
    NameDeadlines lives;    // times to live
    Timer pace;             // until a refusal that says the same again is sent
    uint32_t repeats = 0;   // of the last refusal
    std::string last_refusal;
    DiscoveryStream& stream;
  };

  void OnMessage(std::string message) override;
  void OnEnd(const absl::Status& why) override;
  void RunEndOfTurn() override { SendRequests(); }
  void OnRate();
  void Leave(const absl::Status& why);
  void Connect();
  void SendRequests();
  void Send(std::string request);
  void OnFetchTimeout(Kind& kind, const std::string& name);
  void OnLifeOver(Kind& kind, const std::string& name);
  // What has come, in order; the first has been begun.
  struct Lane {
    struct Waiting {
      Kind* kind;
      Response response;
    };
    std::deque<Waiting> waiting;  // behind what is under way
    Kind* kind = nullptr;         // of what is under way; null: nothing is
    std::optional<Intake> intake;

    bool busy() const { return kind != nullptr || !waiting.empty(); }
    bool Has(const Kind& of) const {
      const auto is_of = [&](const Waiting& response) { return response.kind == &of; };
      return kind == &of || std::any_of(waiting.begin(), waiting.end(), is_of);
    }
  };
  Lane& LaneOf(const Kind& kind, const Response& response);
  void Take(Kind& kind, Response response);
  void Begin(Lane& lane, Kind& kind, Response response);
  void GoOn(Lane& lane);  // with the next part
  void TakeParts();
  void Finish(Kind& kind, const Intake& intake);
  void NoteTimes(Kind& kind, const Response& response, const std::vector<std::string>& gone);
  void Settle(Kind& kind, const std::string& name);
  void Refuse(Kind& kind, std::vector<ResourceError> errors);
  void CountPending(int64_t pending);
  Kind* Find(absl::string_view type_url);

  WorkerContext& main_;
  const MakeChannel make_channel_;
  const Settings settings_;
  const ControlPlaneStats stats_;
  std::vector<std::unique_ptr<Kind>> kinds_;
  std::unique_ptr<MessageChannel> channel_;
  std::unique_ptr<MessageStream> stream_;  // null: between two
  bool has_told_node_ = false;
  bool is_connected_ = false;  // heard of since it was opened
  uint32_t failures_ = 0;      // since something was last taken from it
  uint32_t unreadable_ = 0;    // streams in a row that were left because of what came on them
  int64_t pending_ = 0;        // requests that wait to be sent, as counted
  std::optional<RequestRate> rate_;
  std::deque<std::string> queue_;  // made, and sent when the rate allows it
  Timer rate_timer_{main_.loop, this, kMethod<&DiscoveryStream::OnRate>};
  Lane endpoints_, others_;
  Timer next_part_{main_.loop, this, kMethod<&DiscoveryStream::TakeParts>};
  Timer reconnect_{main_.loop, this, kMethod<&DiscoveryStream::Connect>};
};

}  // namespace sluice
