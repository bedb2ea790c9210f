#include "source/xds/rest_source.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/util/json_util.h"
#include "source/base/log.h"
#include "source/xds/dialect.h"
#include "source/xds/intake.h"

namespace sluice {
namespace {

namespace discovery = envoy::service::discovery::v3;

constexpr int kOk = 200;
constexpr int kNotModified = 304;

}  // namespace

RestSource::Kind::Kind(RestSource& source, const ResourceType& type, ResourceUser& user,
                       const UpdateStats& stats)
    : subscription(type),
      user(user),
      stats(stats),
      fetches(source.main_.loop, [this, &source](const std::string& name) {
        this->stats.fetch_timeout.Add(source.main_.stats);
        this->user.OnFetchTimeout(name);
      }) {}

RestSource::~RestSource() = default;

void RestSource::Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) {
  kind_ = std::make_unique<Kind>(*this, type, user, stats);
}

void RestSource::WantAll(const ResourceType&, Duration fetch_timeout) {
  kind_->subscription.wants_all = true;
  if (fetch_timeout > Duration::zero()) kind_->fetches.Set("", fetch_timeout);
  main_.loop.AtEndOfTurn(*this);
}

void RestSource::Want(const ResourceType&, const std::string& name, Duration fetch_timeout) {
  if (!kind_->subscription.Add(name)) return;
  if (fetch_timeout > Duration::zero()) kind_->fetches.Set(name, fetch_timeout);
  main_.loop.AtEndOfTurn(*this);
}

void RestSource::Unwant(const ResourceType&, const std::string& name) {
  Subscription& subscription = kind_->subscription;
  subscription.Drop(name);
  subscription.dropped.erase(name);  // no poll for that; if it is wanted again it is asked for anew
  kind_->fetches.Clear(name);
}

// What is wanted besides does not wait for the next poll.
void RestSource::RunEndOfTurn() {
  const Subscription& subscription = kind_->subscription;
  if (call_ != nullptr || intake_.busy()) return;
  if (subscription.wanted() && subscription.request_due()) Poll();
}

void RestSource::Poll() {
  Subscription& subscription = kind_->subscription;
  next_.Disarm();
  if (!subscription.wanted()) return;
  // A server that is told a version says nothing of names it has not been asked for with it.
  if (!subscription.added.empty()) subscription.version.clear();
  subscription.answer_due = true;  // whatever has changed
  discovery::DiscoveryRequest request;
  request.ParseFromString(*StateOfTheWorld().NextRequest(subscription, &settings_.node));
  std::string body;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  (void)google::protobuf::util::MessageToJsonString(request, &body, options);
  kind_->stats.attempt.Add(main_.stats);
  timeout_.Arm(settings_.request_timeout);
  call_ = post_(absl::StrCat("/v3/discovery:", subscription.type->rest_name), std::move(body),
                [this](absl::StatusOr<RestAnswer> answer) { OnAnswer(std::move(answer)); });
}

void RestSource::OnTimeout() {
  OnAnswer(absl::DeadlineExceededError("the answer has not come in time"));
}

void RestSource::OnAnswer(absl::StatusOr<RestAnswer> answer) {
  call_.reset();
  timeout_.Disarm();
  if (answer.ok() && answer->status == kOk) return Take(answer->body);
  if (!answer.ok()) {
    Fail(answer.status().message());
  } else if (answer->status != kNotModified) {
    Fail(absl::StrCat("status ", answer->status));
  }
  WaitForNext();
}

void RestSource::WaitForNext() {
  next_.Arm(settings_.refresh_delay);
  main_.loop.AtEndOfTurn(*this);
}

void RestSource::Fail(absl::string_view why) {
  kind_->stats.failure.Add(main_.stats);
  // What was asked for has not been heard: it is asked for again.
  kind_->subscription.version.clear();
  SLUICE_LOG(kUpstream, kWarning, "polling the control plane for ",
             kind_->subscription.type->rest_name, ": ", why);
}

void RestSource::Take(const std::string& body) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // as in what comes by streams
  discovery::DiscoveryResponse proto;
  const auto parsed = google::protobuf::util::JsonStringToMessage(body, &proto, options);
  if (!parsed.ok()) return Refuse(parsed.ToString());
  absl::StatusOr<Response> read = StateOfTheWorld().Read(proto.SerializeAsString());
  if (!read.ok()) return Refuse(std::string(read.status().message()));
  Subscription& subscription = kind_->subscription;
  std::vector<std::string> gone = StateOfTheWorld().Gone(subscription, *read);
  intake_.Begin(*std::move(read), std::move(gone), subscription, kind_->user);
}

void RestSource::Finish(const Intake& intake) {
  Subscription& subscription = kind_->subscription;
  const Response& response = intake.response();
  const Taken& taken = intake.taken();
  kind_->fetches.Clear("");
  if (!taken.is_seen && subscription.wants_all) kind_->user.OnMissing("");
  for (const Resource& resource : response.resources) Settle(resource.name);
  for (const std::string& name : intake.gone()) Settle(name);
  if (!taken.errors.empty()) return Refuse(RefusalText(*subscription.type, taken.errors));
  subscription.version = response.version;
  kind_->stats.NoteSuccess(main_, response.version);
  WaitForNext();
}

// As DiscoveryStream: what was refused will not come by waiting.
void RestSource::Settle(const std::string& name) {
  if (!kind_->subscription.names.contains(name)) return;
  kind_->fetches.Clear(name);
  if (!kind_->subscription.versions.contains(name)) kind_->user.OnMissing(name);
}

void RestSource::Refuse(const std::string& text) {
  kind_->subscription.refusal = text;
  kind_->stats.rejected.Add(main_.stats);
  SLUICE_LOG(kConfig, kWarning, "refused, the versions before stay in use: ", text);
  WaitForNext();
}

}  // namespace sluice
