#include "source/control/rest_client.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "source/base/link.h"
#include "source/upstream/health/health_check_spec.h"
#include "source/upstream/health/http_probe.h"
#include "source/upstream/health/probe_client.h"

namespace sluice {
namespace {

constexpr size_t kAnswerBytesMax = size_t{64} * 1024 * 1024;

// What a probe's client wants to know of its check: that a connection serves one exchange.
const HealthCheckSpec& OneExchange() {
  static const HealthCheckSpec* const spec = new HealthCheckSpec{.reuse_connection = false};
  return *spec;
}

}  // namespace

// Tells its answer in a turn of its own, when nothing of the connection is on the stack.
class RestClient::Call final : public RestCall,
                               private ExchangeEvents,
                               public LinkTarget<RestClient::Call> {
 public:
  Call(RestClient& owner, std::function<void(absl::StatusOr<RestAnswer>)> on_answer)
      : owner_(owner), on_answer_(std::move(on_answer)) {}

  void Start(const Cluster& cluster, std::shared_ptr<Host> host, const std::string& path,
             std::string body) {
    path_ = path;
    target_.emplace(ProbeTarget{owner_.main_, owner_.network_, cluster.shared_spec(), OneExchange(),
                                std::move(host)});
    const bool is_http2 = cluster.spec().settings->protocol == UpstreamProtocol::kHttp2;
    client_.emplace(*target_,
                    is_http2 ? ProbeClient::Version::kHttp2 : ProbeClient::Version::kHttp1, "",
                    static_cast<ExchangeEvents&>(*this));
    Headers& head = client_->NewRequest("POST", path_, target_->Authority(""));
    head.Add("content-type", "application/json");
    head.Add("content-length", absl::StrCat(body.size()));
    client_->Send(std::move(body));
  }

  void Fail(std::string why) {
    ++owner_.next_name_;
    Tell(absl::UnavailableError(why));
  }

 private:
  void OnAnswerHead(const Headers& head) override { answer_.status = AnsweredStatus(head); }
  void OnAnswerBytes(Buffer& bytes) override {
    absl::StrAppend(&answer_.body, bytes.ToString());
    if (answer_.body.size() <= kAnswerBytesMax) return;
    client_->EndExchange();
    Fail("the answer is too long");
  }
  void OnAnswerEnd(const Headers*) override {
    client_->EndExchange();
    constexpr int kOk = 200;
    constexpr int kNotModified = 304;
    if (answer_.status != kOk && answer_.status != kNotModified) ++owner_.next_name_;
    Tell(std::move(answer_));
  }
  void OnExchangeFailed(std::string words) override { Fail(std::move(words)); }

  void Tell(absl::StatusOr<RestAnswer> answer) {
    owner_.main_.loop.Post([link = Link<Call>(*this), answer = std::move(answer)]() mutable {
      // Its end may be the first thing that its owner does.
      if (link.get() != nullptr) std::exchange(link->on_answer_, nullptr)(std::move(answer));
    });
  }

  RestClient& owner_;
  std::function<void(absl::StatusOr<RestAnswer>)> on_answer_;
  std::optional<ProbeTarget> target_;
  std::optional<ProbeClient> client_;
  std::string path_;
  RestAnswer answer_;
};

std::unique_ptr<RestCall> RestClient::Post(
    const std::string& path, std::string body,
    std::function<void(absl::StatusOr<RestAnswer> answer)> on_answer) {
  const std::string& name = names_[next_name_ % names_.size()];
  const Cluster* const cluster = clusters_.Find(name);
  std::shared_ptr<Host> host = cluster == nullptr ? nullptr : NextHost(*cluster);
  auto call = std::make_unique<Call>(*this, std::move(on_answer));
  if (host == nullptr) {
    call->Fail(absl::StrCat("the cluster \"", name, "\" has no host"));
  } else {
    call->Start(*cluster, std::move(host), path, std::move(body));
  }
  return call;
}

// In turn; one that is well, where there is one.
std::shared_ptr<Host> RestClient::NextHost(const Cluster& cluster) {
  const auto& hosts = cluster.hosts().hosts;
  if (hosts.empty()) return nullptr;
  for (size_t i = 0; i < hosts.size(); ++i) {
    const std::shared_ptr<Host>& host = hosts[next_host_++ % hosts.size()];
    if (HealthOf(host->flags()) != HostHealth::kUnhealthy) return host;
  }
  return hosts[next_host_++ % hosts.size()];
}

}  // namespace sluice
