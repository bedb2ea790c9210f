#include "test/harness/fake_control_plane.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gtest/gtest.h"
#include "sluice/control/v1/refused_resource.pb.h"

namespace sluice {
namespace {

namespace discovery = envoy::service::discovery::v3;

absl::string_view ShortName(absl::string_view type_url) {
  return type_url.substr(type_url.rfind('.') + 1);
}

void Wrap(const FakeControlPlane::Item& item, discovery::Resource& into) {
  into.set_name(item.name);
  into.set_version(item.version);
  if (!item.body.type_url().empty()) *into.mutable_resource() = item.body;
  for (const std::string& alias : item.aliases) into.add_aliases(alias);
  if (item.ttl_s.has_value()) into.mutable_ttl()->set_seconds(*item.ttl_s);
}

}  // namespace

// What a request says, in either dialect.
struct FakeControlPlane::Asked {
  std::string type_url;
  std::vector<std::string> names, dropped;
  absl::btree_map<std::string, std::string> known;
  std::string nonce;
  bool is_refusal = false;
};

class FakeControlPlane::Stream final : public MessageStream,
                                       public LinkTarget<FakeControlPlane::Stream> {
 public:
  Stream(FakeControlPlane& owner, std::string method, MessageStreamEvents& events)
      : owner_(owner), method_(std::move(method)), events_(events) {
    owner_.streams_.push_back(this);
  }
  ~Stream() override { Leave(); }

  void Send(std::string message) override {
    if (!has_ended_) owner_.Take(*this, message);
  }

  // In a later turn, as from a network.
  void Deliver(std::string message) {
    Later([this, message = std::move(message)] { events_.OnMessage(message); });
  }
  void End(const absl::Status& why) {
    has_ended_ = true;
    Leave();
    Later([this, why] { events_.OnEnd(why); });
  }
  const std::string& method() const { return method_; }

  // Of one kind, for Serve.
  struct Served {
    absl::btree_set<std::string> names;
    bool all = false;
    bool asked = false;
    absl::btree_map<std::string, std::string> sent;
    absl::btree_set<std::string> missing;  // and said so
  };
  absl::btree_map<std::string, Served> kinds;

 private:
  void Later(absl::AnyInvocable<void()> call) {
    auto link = std::make_unique<Link<Stream>>(*this);
    owner_.loop_.Post([link = std::move(link), call = std::move(call)]() mutable {
      if (link->get() != nullptr) call();
    });
  }
  void Leave() {
    auto& all = owner_.streams_;
    all.erase(std::remove(all.begin(), all.end(), this), all.end());
  }
  FakeControlPlane& owner_;
  const std::string method_;
  MessageStreamEvents& events_;
  bool has_ended_ = false;
};

class FakeControlPlane::Channel final : public MessageChannel {
 public:
  explicit Channel(FakeControlPlane& owner) : owner_(owner) {}
  std::unique_ptr<MessageStream> Open(absl::string_view method,
                                      MessageStreamEvents& events) override {
    auto stream = std::make_unique<Stream>(owner_, std::string(method), events);
    owner_.methods_.emplace_back(method);
    if (owner_.is_down_) stream->End(absl::UnavailableError("connection refused"));
    return stream;
  }

 private:
  FakeControlPlane& owner_;
};

FakeControlPlane::~FakeControlPlane() {
  if (!streams_.empty()) ADD_FAILURE() << streams_.size() << " streams are still open";
}

std::unique_ptr<MessageChannel> FakeControlPlane::MakeChannel() {
  return std::make_unique<Channel>(*this);
}

bool FakeControlPlane::IsDelta(const Stream& stream) {
  return absl::StrContains(stream.method(), "/Delta");
}

void FakeControlPlane::Send(const Answer& answer) {
  ASSERT_FALSE(streams_.empty()) << "no stream is open";
  Stream& stream = *streams_.back();
  const std::string nonce = answer.nonce.empty() ? absl::StrCat("n", ++nonces_) : answer.nonce;
  if (IsDelta(stream)) {
    discovery::DeltaDiscoveryResponse response;
    response.set_type_url(std::string(answer.type->url));
    response.set_system_version_info(answer.version);
    response.set_nonce(nonce);
    for (const Item& item : answer.resources) Wrap(item, *response.add_resources());
    for (const std::string& name : answer.removed) response.add_removed_resources(name);
    return stream.Deliver(response.SerializeAsString());
  }
  discovery::DiscoveryResponse response;
  response.set_type_url(std::string(answer.type->url));
  response.set_version_info(answer.version);
  response.set_nonce(nonce);
  for (const Item& item : answer.resources) {
    if (item.name.empty()) {
      *response.add_resources() = item.body;
    } else {
      discovery::Resource wrapper;
      Wrap(item, wrapper);
      response.add_resources()->PackFrom(wrapper);
    }
  }
  stream.Deliver(response.SerializeAsString());
}

void FakeControlPlane::SendBytes(std::string bytes) {
  ASSERT_FALSE(streams_.empty()) << "no stream is open";
  streams_.back()->Deliver(std::move(bytes));
}

void FakeControlPlane::End(absl::Status why) {
  const std::vector<Stream*> open = streams_;
  for (Stream* stream : open) stream->End(why);
}

std::vector<std::string> FakeControlPlane::TakeRequests() { return std::exchange(requests_, {}); }

void FakeControlPlane::Forget() {
  requests_ = {};
  served_.clear();
  for (Stream* stream : streams_) stream->kinds.clear();
}

std::vector<std::string> FakeControlPlane::TakeRefusalDetails() {
  return std::exchange(details_, {});
}

void FakeControlPlane::NoteDetails(const google::rpc::Status& status) {
  for (const auto& any : status.details()) {
    control::v1::RefusedResource refused;
    ASSERT_TRUE(any.UnpackTo(&refused));
    for (const auto& mistake : refused.mistakes()) {
      std::string line = absl::StrCat(ShortName(refused.type()), " ", refused.name(), " version ",
                                      refused.version());
      if (!mistake.path().empty()) absl::StrAppend(&line, ", at ", mistake.path());
      absl::StrAppend(&line, ": ", mistake.rule());
      if (!mistake.hint().empty()) absl::StrAppend(&line, " (", mistake.hint(), ")");
      details_.push_back(std::move(line));
    }
  }
}

void FakeControlPlane::Take(Stream& stream, const std::string& message) {
  Asked asked;
  std::string line, node, refusal;
  const auto list = [](const auto& names) {
    return absl::StrCat("[", absl::StrJoin(names, " "), "]");
  };
  if (IsDelta(stream)) {
    discovery::DeltaDiscoveryRequest request;
    ASSERT_TRUE(request.ParseFromString(message));
    asked.type_url = request.type_url();
    asked.nonce = request.response_nonce();
    asked.names.assign(request.resource_names_subscribe().begin(),
                       request.resource_names_subscribe().end());
    asked.dropped.assign(request.resource_names_unsubscribe().begin(),
                         request.resource_names_unsubscribe().end());
    for (const auto& [name, version] : request.initial_resource_versions()) {
      asked.known[name] = version;
    }
    line = std::string(ShortName(asked.type_url));
    if (!asked.names.empty()) absl::StrAppend(&line, " +", list(asked.names));
    if (!asked.dropped.empty()) absl::StrAppend(&line, " -", list(asked.dropped));
    if (!asked.known.empty()) {
      absl::StrAppend(&line, " knows [", absl::StrJoin(asked.known, " ", absl::PairFormatter("=")),
                      "]");
    }
    node = request.node().id();
    refusal = request.error_detail().message();
    NoteDetails(request.error_detail());
  } else {
    discovery::DiscoveryRequest request;
    ASSERT_TRUE(request.ParseFromString(message));
    asked.type_url = request.type_url();
    asked.nonce = request.response_nonce();
    asked.names.assign(request.resource_names().begin(), request.resource_names().end());
    line = std::string(ShortName(asked.type_url));
    if (!asked.names.empty()) absl::StrAppend(&line, " ", list(asked.names));
    if (!request.version_info().empty()) {
      absl::StrAppend(&line, " version ", request.version_info());
    }
    node = request.node().id();
    refusal = request.error_detail().message();
    NoteDetails(request.error_detail());
  }
  asked.is_refusal = !refusal.empty();
  if (!asked.nonce.empty()) absl::StrAppend(&line, " nonce ", asked.nonce);
  if (!node.empty()) absl::StrAppend(&line, " node ", node);
  if (!refusal.empty()) absl::StrAppend(&line, " refuses: ", refusal);
  requests_.push_back(std::move(line));
  AnswerFromServed(stream, asked);
}

void FakeControlPlane::Serve(const ResourceType& type, std::vector<Item> resources) {
  std::erase(held_, &type);
  const auto is_kind = [&](const auto& entry) { return entry.first == &type; };
  const auto at = std::find_if(served_.begin(), served_.end(), is_kind);
  if (at == served_.end()) {
    served_.emplace_back(&type, std::move(resources));
  } else {
    at->second = std::move(resources);
  }
  for (Stream* stream : streams_) {
    const auto kind = stream->kinds.find(std::string(type.url));
    if (kind != stream->kinds.end() && kind->second.asked) Push(*stream, type);
  }
}

void FakeControlPlane::AnswerFromServed(Stream& stream, const Asked& asked) {
  const ResourceType* const type = FindResourceType(asked.type_url);
  const auto is_kind = [&](const auto& entry) { return entry.first == type; };
  if (type == nullptr || std::none_of(served_.begin(), served_.end(), is_kind)) return;
  Stream::Served& kind = stream.kinds[asked.type_url];
  const bool is_first = !std::exchange(kind.asked, true), had_all = kind.all;
  bool has_changed = false;
  if (IsDelta(stream)) {
    for (const std::string& name : asked.names) has_changed |= kind.names.insert(name).second;
    for (const std::string& name : asked.dropped) {
      has_changed |= kind.names.erase(name) > 0;
      kind.sent.erase(name);
      kind.missing.erase(name);
    }
    for (const auto& [name, version] : asked.known) kind.sent[name] = version;
    if (is_first) kind.all = asked.names.empty();
  } else {
    const absl::btree_set<std::string> names = {asked.names.begin(), asked.names.end()};
    has_changed = names != kind.names;
    kind.names = names;
    kind.all = asked.names.empty();
  }
  kind.all |= kind.names.contains("*");
  if (asked.is_refusal && sends_again_) {
    kind.sent.clear();
    return Push(stream, *type);
  }
  if (is_first || has_changed || had_all != kind.all) Push(stream, *type);
}

void FakeControlPlane::Push(Stream& stream, const ResourceType& type) {
  if (std::find(held_.begin(), held_.end(), &type) != held_.end()) return;
  Stream::Served& kind = stream.kinds[std::string(type.url)];
  const auto is_kind = [&](const auto& entry) { return entry.first == &type; };
  const auto& items = std::find_if(served_.begin(), served_.end(), is_kind)->second;
  Answer answer{.type = &type, .version = absl::StrCat("v", nonces_ + 1)};
  absl::btree_set<std::string> present;
  for (const Item& item : items) {
    present.insert(item.name);
    if (!kind.all && !kind.names.contains(item.name)) continue;
    if (IsDelta(stream) && kind.sent[item.name] == item.version) continue;
    kind.sent[item.name] = item.version;
    answer.resources.push_back(item);
  }
  for (const auto& [name, version] : kind.sent) {
    if (!present.contains(name) && !version.empty()) answer.removed.push_back(name);
  }
  for (const std::string& name : answer.removed) kind.sent.erase(name);
  for (const std::string& name : kind.names) {
    const bool is_missing = says_missing_ && IsDelta(stream) && !present.contains(name);
    if (is_missing && kind.missing.insert(name).second) answer.removed.push_back(name);
  }
  if (IsDelta(stream) && answer.resources.empty() && answer.removed.empty()) return;
  std::swap(*std::find(streams_.begin(), streams_.end(), &stream), streams_.back());
  Send(answer);
}

}  // namespace sluice
