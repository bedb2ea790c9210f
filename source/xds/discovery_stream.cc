#include "source/xds/discovery_stream.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "source/base/log.h"

namespace sluice {
namespace {

// As Envoy: full jitter below a bound that doubles.
constexpr Duration kReconnectFirst = std::chrono::milliseconds(500);
constexpr Duration kReconnectMax = std::chrono::seconds(30);
// A server that answers a refusal with what was refused, at once, would be answered at once.
constexpr Duration kRepeatFirst = std::chrono::milliseconds(500);
constexpr Duration kRepeatMax = std::chrono::seconds(30);
// A server that sends far more than it may be answered would have answers gathered without end.
constexpr size_t kQueueMax = 1000;

}  // namespace

DiscoveryStream::Kind::Kind(DiscoveryStream& stream, const ResourceType& type, ResourceUser& user,
                            const UpdateStats& stats)
    : subscription(type),
      user(user),
      stats(stats),
      fetches(stream.main_.loop,
              [this, &stream](const std::string& name) { stream.OnFetchTimeout(*this, name); }),
      lives(stream.main_.loop,
            [this, &stream](const std::string& name) { stream.OnLifeOver(*this, name); }),
      pace(stream.main_.loop, this, kMethod<&Kind::OnPace>),
      stream(stream) {}

void DiscoveryStream::Kind::OnPace() {
  subscription.answer_waits = false;
  stream.main_.loop.AtEndOfTurn(stream);
}

DiscoveryStream::DiscoveryStream(WorkerContext& main, MakeChannel make_channel, Settings settings,
                                 const ControlPlaneStats& stats)
    : main_(main),
      make_channel_(std::move(make_channel)),
      settings_(std::move(settings)),
      stats_(stats) {
  if (settings_.rate.has_value()) rate_.emplace(*settings_.rate);
}

DiscoveryStream::~DiscoveryStream() {
  if (is_connected_) stats_.connected_state.Add(main_.stats, -1);
  CountPending(0);
}

void DiscoveryStream::Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) {
  kinds_.push_back(std::make_unique<Kind>(*this, type, user, stats));
}

void DiscoveryStream::WantAll(const ResourceType& type, Duration fetch_timeout) {
  Kind& kind = *Find(type.url);
  kind.subscription.wants_all = true;
  if (fetch_timeout > Duration::zero()) kind.fetches.Set("", fetch_timeout);
  main_.loop.AtEndOfTurn(*this);
}

void DiscoveryStream::Want(const ResourceType& type, const std::string& name,
                           Duration fetch_timeout) {
  Kind& kind = *Find(type.url);
  if (kind.subscription.must_tell_before(name)) SendRequests();
  if (!kind.subscription.Add(name)) return;
  if (fetch_timeout > Duration::zero()) kind.fetches.Set(name, fetch_timeout);
  main_.loop.AtEndOfTurn(*this);
}

void DiscoveryStream::Unwant(const ResourceType& type, const std::string& name) {
  Kind& kind = *Find(type.url);
  if (!kind.subscription.Drop(name)) return;
  kind.fetches.Clear(name);
  kind.lives.Clear(name);
  main_.loop.AtEndOfTurn(*this);
}

void DiscoveryStream::Connect() {
  const std::string method = settings_.is_aggregated
                                 ? settings_.dialect.AggregatedMethod()
                                 : settings_.dialect.Method(*kinds_.front()->subscription.type);
  absl::StatusOr<std::unique_ptr<MessageChannel>> channel = make_channel_();
  if (!channel.ok()) return OnEnd(channel.status());
  channel_ = *std::move(channel);
  stream_ = channel_->Open(method, *this);
  SendRequests();
}

void DiscoveryStream::SendRequests() {
  const auto is_due = [](const auto& kind) { return kind->subscription.request_due(); };
  const int64_t due = std::count_if(kinds_.begin(), kinds_.end(), is_due);
  if (stream_ == nullptr) {
    CountPending(due);
    // Between two streams the timer runs; before the first nothing does.
    if (failures_ == 0 && due > 0) Connect();
    return;
  }
  for (const auto& kind : kinds_) {
    const bool tells_node = !has_told_node_ || !settings_.node_once;
    auto request =
        settings_.dialect.NextRequest(kind->subscription, tells_node ? &settings_.node : nullptr);
    if (!request.has_value()) continue;
    has_told_node_ = true;
    kind->stats.attempt.Add(main_.stats);
    Send(*std::move(request));
  }
  CountPending(static_cast<int64_t>(queue_.size()));
}

// Requests go in the order in which they were made: a name that is dropped and wanted again has to
// be heard of as both, and each response is to have its answer.
void DiscoveryStream::Send(std::string request) {
  const bool may_go = !rate_.has_value() || (queue_.empty() && rate_->Take(main_.loop.now()));
  if (may_go) return stream_->Send(std::move(request));
  stats_.rate_limit_enforced.Add(main_.stats);
  queue_.push_back(std::move(request));
  if (queue_.size() == 1) rate_timer_.Arm(rate_->Wait());
}

void DiscoveryStream::OnRate() {
  while (!queue_.empty() && rate_->Take(main_.loop.now())) {
    stream_->Send(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (!queue_.empty()) rate_timer_.Arm(rate_->Wait());
  CountPending(static_cast<int64_t>(queue_.size()));
}

// The gauge is of all streams together.
void DiscoveryStream::CountPending(int64_t pending) {
  stats_.pending_requests.Add(main_.stats, pending - std::exchange(pending_, pending));
}

void DiscoveryStream::OnMessage(std::string message) {
  absl::StatusOr<Response> response = settings_.dialect.Read(message);
  if (!response.ok()) {
    // It is sent again on the next stream, perhaps behind others that are good.
    failures_ = std::max(failures_, unreadable_++);
    return Leave(response.status());
  }
  if (!std::exchange(is_connected_, true)) {
    stats_.connected_state.Add(main_.stats, 1);
    SLUICE_LOG(kUpstream, kInfo, "the control plane answers");
  }
  Kind* const kind = Find(response->type_url);
  if (kind == nullptr || !kind->subscription.asked) {
    SLUICE_LOG(kUpstream, kWarning, "the control plane sends ", response->type_url,
               ", which nobody has asked for");
    return;
  }
  Take(*kind, *std::move(response));
  if (queue_.size() > kQueueMax) {
    return Leave(
        absl::ResourceExhaustedError("it sends more than rate_limit_settings let us answer"));
  }
  failures_ = 0;
  main_.loop.AtEndOfTurn(*this);
}

void DiscoveryStream::OnEnd(const absl::Status& why) {
  unreadable_ = 0;
  Leave(why);
}

void DiscoveryStream::Leave(const absl::Status& why) {
  stream_.reset();
  queue_.clear();
  rate_timer_.Disarm();
  // What has not been taken yet comes again: nothing says that it has been accepted.
  for (Lane* lane : {&endpoints_, &others_}) *lane = Lane();
  if (std::exchange(is_connected_, false)) stats_.connected_state.Add(main_.stats, -1);
  has_told_node_ = false;
  for (const auto& kind : kinds_) {
    if (kind->subscription.wanted()) kind->stats.failure.Add(main_.stats);
    kind->subscription.StartStream();
    kind->pace.Disarm();
  }
  main_.loop.AtEndOfTurn(*this);
  const Duration bound = std::min(kReconnectMax, kReconnectFirst * (1 << std::min(failures_, 6u)));
  ++failures_;
  const auto steps = static_cast<uint64_t>(bound / std::chrono::milliseconds(1));
  reconnect_.Arm(std::chrono::milliseconds(1 + main_.random.Below(steps)));
  SLUICE_LOG(kUpstream, kWarning, "the stream to the control plane has ended: ",
             why.ok() ? "the server has closed it" : why.ToString());
}

void DiscoveryStream::OnFetchTimeout(Kind& kind, const std::string& name) {
  kind.stats.fetch_timeout.Add(main_.stats);
  kind.user.OnFetchTimeout(name);
}

void DiscoveryStream::OnLifeOver(Kind& kind, const std::string& name) {
  kind.subscription.versions.erase(name);
  // It is known no longer, so the next stream has to be sent all.
  kind.subscription.version.clear();
  kind.user.OnResources({}, {name});
}

// Endpoints overtake others' resources only where they find all they are for.
DiscoveryStream::Lane& DiscoveryStream::LaneOf(const Kind& kind, const Response& response) {
  if (kind.subscription.type != &kEndpointType) return others_;
  // And never those that came before them.
  if (others_.Has(kind)) return others_;
  const bool all_wanted = absl::c_all_of(response.resources, [&](const Resource& resource) {
    return kind.subscription.wants(resource.name);
  });
  return all_wanted ? endpoints_ : others_;
}

void DiscoveryStream::Take(Kind& kind, Response response) {
  Lane& lane = LaneOf(kind, response);
  const bool must_wait = lane.busy() || (&lane == &others_ && endpoints_.Has(kind));
  if (!must_wait) return Begin(lane, kind, std::move(response));
  lane.waiting.push_back({&kind, std::move(response)});
  if (!next_part_.armed()) next_part_.Arm(Duration::zero());
}

void DiscoveryStream::Begin(Lane& lane, Kind& kind, Response response) {
  // One answer for each: what is still owed for the last one goes first.
  kind.subscription.answer_waits = false;
  if (kind.subscription.answer_due) SendRequests();
  std::vector<std::string> gone = settings_.dialect.Gone(kind.subscription, response);
  lane.kind = &kind;
  lane.intake.emplace(std::move(response), std::move(gone));
  GoOn(lane);
}

void DiscoveryStream::GoOn(Lane& lane) {
  Kind& kind = *lane.kind;
  const size_t count =
      kind.user.takes_parts() ? Intake::kPartResources : lane.intake->response().resources.size();
  if (lane.intake->TakePart(count, kind.subscription, kind.user)) {
    if (!next_part_.armed()) next_part_.Arm(Duration::zero());
    return;
  }
  const Intake intake = *std::exchange(lane.intake, std::nullopt);
  lane.kind = nullptr;
  Finish(kind, intake);
  if (!lane.waiting.empty() && !next_part_.armed()) next_part_.Arm(Duration::zero());
}

void DiscoveryStream::TakeParts() {
  for (Lane* lane : {&endpoints_, &others_}) {
    if (lane->kind != nullptr) {
      GoOn(*lane);
    } else if (!lane->waiting.empty()) {
      // Those of one kind one after the other, whichever way they came.
      if (lane == &others_ && endpoints_.Has(*lane->waiting.front().kind)) continue;
      Lane::Waiting next = std::move(lane->waiting.front());
      lane->waiting.pop_front();
      Begin(*lane, *next.kind, std::move(next.response));
    }
  }
  if ((endpoints_.busy() || others_.busy()) && !next_part_.armed())
    next_part_.Arm(Duration::zero());
  main_.loop.AtEndOfTurn(*this);
}

// What has been taken of it, and then what is answered.
void DiscoveryStream::Finish(Kind& kind, const Intake& intake) {
  Subscription& subscription = kind.subscription;
  const Response& response = intake.response();
  const Taken& taken = intake.taken();
  kind.fetches.Clear("");
  if (taken.is_seen) {
    NoteTimes(kind, response, intake.gone());
  } else {
    if (subscription.wants_all) kind.user.OnMissing("");
    for (const Resource& resource : response.resources) Settle(kind, resource.name);
  }
  subscription.nonce = response.nonce;
  subscription.answer_due = true;
  if (!taken.errors.empty()) return Refuse(kind, taken.errors);
  subscription.refusal.clear();
  subscription.refusal_details.clear();
  kind.last_refusal.clear();
  subscription.version = response.version;
  kind.stats.NoteSuccess(main_, response.version);
}

void DiscoveryStream::Refuse(Kind& kind, std::vector<ResourceError> errors) {
  std::string refusal = RefusalText(*kind.subscription.type, errors);
  kind.subscription.refusal_details = std::move(errors);
  kind.stats.rejected.Add(main_.stats);
  kind.repeats = refusal == kind.last_refusal ? kind.repeats + 1 : 0;
  if (kind.repeats == 0) {
    SLUICE_LOG(kConfig, kWarning, "refused, the versions before stay in use: ", refusal);
  } else {
    SLUICE_LOG(kConfig, kDebug, "refused once more, for the same reasons");
    kind.subscription.answer_waits = true;
    kind.pace.Arm(std::min(kRepeatMax, kRepeatFirst * (1 << std::min(kind.repeats - 1, 6u))));
  }
  kind.last_refusal = refusal;
  kind.subscription.refusal = std::move(refusal);
}

// Of what was heard of: it is waited for no longer, and lives on for its time.
void DiscoveryStream::NoteTimes(Kind& kind, const Response& response,
                                const std::vector<std::string>& gone) {
  for (const Resource& resource : response.resources) {
    Settle(kind, resource.name);
    if (resource.ttl.has_value() && kind.subscription.versions.contains(resource.name)) {
      kind.lives.Set(resource.name, *resource.ttl);
    } else {
      kind.lives.Clear(resource.name);
    }
  }
  for (const std::string& name : gone) {
    kind.lives.Clear(name);
    Settle(kind, name);
  }
}

// What has been accepted is there; what has not will not come by waiting, and who waits is told.
void DiscoveryStream::Settle(Kind& kind, const std::string& name) {
  const Subscription& subscription = kind.subscription;
  if (!subscription.names.contains(name)) return;
  kind.fetches.Clear(name);
  if (!subscription.versions.contains(name)) kind.user.OnMissing(name);
}

DiscoveryStream::Kind* DiscoveryStream::Find(absl::string_view type_url) {
  for (const auto& kind : kinds_) {
    if (kind->subscription.type->url == type_url) return kind.get();
  }
  return nullptr;
}

}  // namespace sluice
