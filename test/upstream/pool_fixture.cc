#include "test/upstream/pool_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/upstream/cluster_stats.h"
#include "test/upstream/settings_of.h"

namespace sluice {

void Borrower::OnPoolReady(ClientConnection& given) {
  connection = &given;
  stream = &given.StartStream(*this);
  SendRequest();
}

void Borrower::SendRequest() {
  request_.AddReference(HeaderId::kMethod, body_.empty() ? "GET" : "POST");
  request_.AddReference(HeaderId::kPath, "/");
  request_.AddReference(HeaderId::kScheme, "http");
  request_.AddReference(HeaderId::kAuthority, "users");
  if (!body_.empty()) request_.Add("content-length", absl::StrCat(body_.size()));
  stream->SendHeaders(request_, body_.empty() ? End::kYes : End::kNo);
  if (!body_.empty()) stream->BodyReady();
  connection->WantWrite();
}

void Borrower::OnPoolFailure(PoolFailure failure, absl::string_view why) {
  reason = std::string(why);
  EndStory(failure == PoolFailure::kOverflow         ? "failed: overflow"
           : failure == PoolFailure::kConnectTimeout ? "failed: timeout"
                                                     : "failed: connect");
}

void Borrower::OnHeaders(Headers& headers, End) {
  any_byte = true;
  absl::StrAppend(&response_, headers.Get(HeaderId::kStatus), " ");
}

void Borrower::OnData(Buffer& data, End) {
  response_ += data.ToString();
  data.Clear();
  if (pause_at_data) stream->PauseReading();
}

void Borrower::OnReset(StreamReset reset, ResetCode code) {
  const char* const kNames[] = {"peer", "refused", "connection", "protocol error", "local"};
  EndStory(absl::StrCat("reset: ", kNames[static_cast<int>(reset)]));
}

void Borrower::OnComplete() { EndStory(response_); }

BodyState Borrower::FillBody(Buffer& out, size_t) {
  out.Append(body_);
  return BodyState::kEnd;
}

void Borrower::Reset() {
  ClientConnection& lent = *connection;
  CodecStream& open = *stream;
  EndStory("gave up");
  lent.ResetStream(open, ResetCode::kCancel);
}

void Borrower::EndStory(std::string with) {
  if (connection != nullptr) reused = connection->reused();
  connection = nullptr;
  stream = nullptr;
  absl::StrAppend(&outcome, outcome.empty() ? "" : ", then ", with);
  if (on_end) on_end();
}

PoolFixture::PoolFixture(const std::function<void(ClusterSpec&)>& edit, const SimOptions& options)
    : world(options), spec_(std::make_shared<ClusterSpec>()), host_(TestHost(1)) {
  spec_->name = spec_->stat_name = "users";
  spec_->stats = MakeClusterStats(world.stats(), "users");
  SettingsOf(*spec_).idle_timeout = Duration::zero();
  edit(*spec_);
  breaker_ = std::make_shared<CircuitBreaker>(*spec_);
  cluster_ = std::make_unique<WorkerCluster>(world.worker(), world.network(), spec_, breaker_);
  cluster_->SetHosts(SetOf({host_}));
  world.memory().Serve(host_->address(), [this](std::unique_ptr<MemoryPeer> peer) {
    peers_.push_back(std::move(peer));
  });
}

PoolFixture::~PoolFixture() {
  cluster_.reset();
  Run();
  peers_.clear();
  Run();
}

void PoolFixture::RemoveHost() { cluster_->SetHosts(MakeHostSet({})); }

void PoolFixture::AnswerRaw(size_t index, absl::string_view bytes) {
  peer(index).Take();
  peer(index).Send(bytes);
  Run();
}

void PoolFixture::Answer(size_t index, absl::string_view body) {
  AnswerRaw(index,
            absl::StrCat("HTTP/1.1 200 OK\r\ncontent-length: ", body.size(), "\r\n\r\n", body));
}

std::string PoolFixture::Exchange(Borrower& borrower) {
  Ask(borrower);
  Run();
  for (auto& peer : peers_) {
    if (peer != nullptr && !peer->received().empty()) {
      peer->Take();
      peer->Send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    }
  }
  Run();
  return borrower.outcome;
}

int64_t PoolFixture::stat(absl::string_view name) const {
  return const_cast<SimWorld&>(world).stats().Value(absl::StrCat("cluster.users.", name));
}

}  // namespace sluice
