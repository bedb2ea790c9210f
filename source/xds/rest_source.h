// RestSource: resources of one kind from a control plane that is polled over HTTP: a
// DiscoveryRequest in JSON each time, answered by a DiscoveryResponse, or by 304 where nothing has
// changed. State of the world; what is refused is asked for again, and refused again, until it is
// mended.
//
// Main thread. A poll that fails changes nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/container/btree_set.h"
#include "absl/status/statusor.h"
#include "envoy/config/core/v3/base.pb.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/xds/intake_turns.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/resource_source.h"
#include "source/xds/subscription.h"

namespace sluice {

struct RestAnswer {
  int status = 0;
  std::string body;
};

// A POST of JSON that is under way; destroying it ends it.
class RestCall {
 public:
  virtual ~RestCall() = default;
};
// `on_answer` is called once, in a later turn, and may destroy the call.
using RestPost = std::function<std::unique_ptr<RestCall>(
    const std::string& path, std::string body,
    std::function<void(absl::StatusOr<RestAnswer> answer)> on_answer)>;

class RestSource final : public ResourceSource, private EndOfTurnTask {
 public:
  struct Settings {
    envoy::config::core::v3::Node node;
    Duration refresh_delay;    // between an answer and the next poll
    Duration request_timeout;  // for the whole of an answer
  };
  RestSource(WorkerContext& main, RestPost post, Settings settings)
      : main_(main), post_(std::move(post)), settings_(std::move(settings)) {}
  ~RestSource() override;

  void Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) override;
  void WantAll(const ResourceType& type, Duration fetch_timeout) override;
  void Want(const ResourceType& type, const std::string& name, Duration fetch_timeout) override;
  void Unwant(const ResourceType& type, const std::string& name) override;

 private:
  struct Kind {
    Kind(RestSource& source, const ResourceType& type, ResourceUser& user,
         const UpdateStats& stats);
    Subscription subscription;
    ResourceUser& user;
    UpdateStats stats;
    NameDeadlines fetches;  // first answers that are waited for; "": to the wildcard
  };
  void RunEndOfTurn() override;
  void Poll();
  void OnTimeout();
  void OnAnswer(absl::StatusOr<RestAnswer> answer);
  void Take(const std::string& body);
  void Finish(const Intake& intake);
  void WaitForNext();
  void Fail(absl::string_view why);
  void Settle(const std::string& name);
  void Refuse(const std::string& text);

  WorkerContext& main_;
  const RestPost post_;
  const Settings settings_;
  std::unique_ptr<Kind> kind_;
  std::unique_ptr<RestCall> call_;  // null: none is under way
  // The last answer is on its way; the next poll is when it has been taken.
  IntakeTurns intake_{main_.loop, [this](const Intake& intake) { Finish(intake); }};
  Timer next_{main_.loop, this, kMethod<&RestSource::Poll>};
  Timer timeout_{main_.loop, this, kMethod<&RestSource::OnTimeout>};
};

}  // namespace sluice
