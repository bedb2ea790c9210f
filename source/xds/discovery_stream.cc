#include "source/xds/discovery_stream.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/xds/intake.h"

namespace sluice {
namespace {

// As Envoy: full jitter below a bound that doubles.
constexpr Duration kReconnectFirst = std::chrono::milliseconds(500);
constexpr Duration kReconnectMax = std::chrono::seconds(30);

}  // namespace

DiscoveryStream::Kind::Kind(DiscoveryStream& stream, const ResourceType& type, ResourceUser& user,
                            const UpdateStats& stats)
    : subscription(type),
      user(user),
      stats(stats),
      fetches(stream.main_.loop,
              [this, &stream](const std::string& name) { stream.OnFetchTimeout(*this, name); }),
      lives(stream.main_.loop,
            [this, &stream](const std::string& name) { stream.OnLifeOver(*this, name); }) {}

DiscoveryStream::DiscoveryStream(WorkerContext& main, MakeChannel make_channel, Settings settings,
                                 const ControlPlaneStats& stats)
    : main_(main),
      make_channel_(std::move(make_channel)),
      settings_(std::move(settings)),
      stats_(stats) {}

DiscoveryStream::~DiscoveryStream() {
  if (is_connected_) stats_.connected_state.Add(main_.stats, -1);
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
  if (!kind.subscription.names.insert(name).second) return;
  if (fetch_timeout > Duration::zero()) kind.fetches.Set(name, fetch_timeout);
  main_.loop.AtEndOfTurn(*this);
}

void DiscoveryStream::Unwant(const ResourceType& type, const std::string& name) {
  Kind& kind = *Find(type.url);
  if (kind.subscription.names.erase(name) == 0) return;
  kind.subscription.versions.erase(name);
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
    stats_.pending_requests.Set(main_.stats, due);
    // Between two streams the timer runs; before the first nothing does.
    if (failures_ == 0 && due > 0) Connect();
    return;
  }
  stats_.pending_requests.Set(main_.stats, 0);
  for (const auto& kind : kinds_) {
    const bool tells_node = !has_told_node_ || !settings_.node_once;
    auto request =
        settings_.dialect.NextRequest(kind->subscription, tells_node ? &settings_.node : nullptr);
    if (!request.has_value()) continue;
    has_told_node_ = true;
    kind->stats.attempt.Add(main_.stats);
    stream_->Send(*std::move(request));
  }
}

void DiscoveryStream::OnMessage(std::string message) {
  absl::StatusOr<Response> response = settings_.dialect.Read(message);
  if (!response.ok()) return OnEnd(response.status());
  failures_ = 0;
  if (!std::exchange(is_connected_, true)) {
    stats_.connected_state.Add(main_.stats, 1);
    SLUICE_LOG(kUpstream, kInfo, "the control plane answers");
  }
  Kind* const kind = Find(response->type_url);
  if (kind == nullptr) {
    SLUICE_LOG(kUpstream, kWarning, "the control plane sends ", response->type_url,
               ", which nobody has asked for");
    return;
  }
  Take(*kind, *std::move(response));
  main_.loop.AtEndOfTurn(*this);
}

void DiscoveryStream::OnEnd(const absl::Status& why) {
  stream_.reset();
  if (std::exchange(is_connected_, false)) stats_.connected_state.Add(main_.stats, -1);
  has_told_node_ = false;
  for (const auto& kind : kinds_) {
    kind->stats.failure.Add(main_.stats);
    kind->subscription.StartStream();
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
  kind.user.OnResources({}, {name});
}

// What is taken of it, and then what is answered.
void DiscoveryStream::Take(Kind& kind, Response response) {
  Subscription& subscription = kind.subscription;
  const std::vector<std::string> gone = settings_.dialect.Gone(subscription, response);
  NoteTimes(kind, response, gone);
  const std::vector<ResourceError> errors = TakeIn(response, gone, subscription, kind.user);
  subscription.nonce = response.nonce;
  subscription.answer_due = true;
  subscription.refusal = RefusalText(*subscription.type, errors);
  if (!errors.empty()) {
    kind.stats.rejected.Add(main_.stats);
    SLUICE_LOG(kConfig, kWarning,
               "refused, the versions before stay in use: ", subscription.refusal);
    return;
  }
  subscription.version = response.version;
  kind.stats.NoteSuccess(main_, response.version);
}

// What came need not be waited for; what has a time to live is gone when that is over.
void DiscoveryStream::NoteTimes(Kind& kind, const Response& response,
                                const std::vector<std::string>& gone) {
  kind.fetches.Clear("");
  for (const Resource& resource : response.resources) {
    kind.fetches.Clear(resource.name);
    if (resource.ttl.has_value() && kind.subscription.wants(resource.name)) {
      kind.lives.Set(resource.name, *resource.ttl);
    } else {
      kind.lives.Clear(resource.name);
    }
  }
  for (const std::string& name : gone) {
    kind.fetches.Clear(name);
    kind.lives.Clear(name);
  }
}

DiscoveryStream::Kind* DiscoveryStream::Find(absl::string_view type_url) {
  for (const auto& kind : kinds_) {
    if (kind->subscription.type->url == type_url) return kind.get();
  }
  return nullptr;
}

}  // namespace sluice
