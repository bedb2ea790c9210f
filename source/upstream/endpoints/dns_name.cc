#include "source/upstream/endpoints/dns_name.h"

#include <algorithm>
#include <string>
#include <utility>

#include "source/base/log.h"

namespace sluice {
namespace {

// A record that says it is good for no time at all must not make a loop of questions.
constexpr Duration kTtlMin = std::chrono::seconds(1);
// 2^16 times any first wait is beyond any last one.
constexpr uint32_t kDoublingsMax = 16;

}  // namespace

DnsName::DnsName(WorkerContext& main, Resolver& resolver, const ClusterSpec& spec,
                 const EndpointSpec& endpoint, std::function<void()> on_answer)
    : main_(main),
      resolver_(resolver),
      spec_(spec),
      endpoint_(endpoint),
      on_answer_(std::move(on_answer)),
      timer_(main.loop, this, kMethod<&DnsName::Ask>) {}

void DnsName::Ask() {
  spec_.stats.update_attempt.Add(main_.stats);
  query_ = resolver_.Resolve(endpoint_.dns_name, spec_.settings->dns_family,
                             [this](DnsAnswer answer) { OnAnswer(std::move(answer)); });
}

void DnsName::OnAnswer(DnsAnswer answer) {
  const bool failed = !answer.status.ok() || answer.addresses.empty();
  (failed ? spec_.stats.update_failure : spec_.stats.update_success).Add(main_.stats);
  // Once for each row of failures, not at every try.
  if (failed && failures_ == 0) {
    SLUICE_LOG(kDns, kWarning, "cluster ", spec_.name, ": cannot resolve ", endpoint_.dns_name,
               ": ", answer.status.message(),
               addresses_.empty() ? "" : "; keeping the last answer");
  }
  failures_ = failed ? failures_ + 1 : 0;
  settled_ = true;
  if (!failed) {
    addresses_.clear();
    for (const Address& address : answer.addresses) {
      addresses_.push_back(address.WithPort(endpoint_.port));
    }
    // Resolvers rotate their answers; where all addresses count that is no change.
    if (spec_.type == DiscoveryType::kStrictDns) {
      std::sort(addresses_.begin(), addresses_.end(),
                [](const Address& a, const Address& b) { return a.text() < b.text(); });
    }
  }
  timer_.Arm(NextWait(answer));
  on_answer_();
}

Duration DnsName::NextWait(const DnsAnswer& answer) {
  if (failures_ == 0) {
    const bool by_ttl = spec_.settings->respect_dns_ttl && answer.ttl > Duration::zero();
    const Duration wait = by_ttl ? std::max(answer.ttl, kTtlMin) : spec_.settings->dns_refresh;
    if (spec_.settings->dns_jitter == Duration::zero()) return wait;
    return wait +
           Duration(main_.random.Below(static_cast<uint64_t>(spec_.settings->dns_jitter.count())));
  }
  const uint32_t doublings = std::min(failures_ - 1, kDoublingsMax);
  const Duration wait = std::min(spec_.settings->dns_retry_first * (int64_t{1} << doublings),
                                 spec_.settings->dns_retry_max);
  // Between a half and the whole: many names that failed together do not ask together for ever.
  const auto half = static_cast<uint64_t>(wait.count()) / 2;
  return Duration(half + main_.random.Below(half + 1));
}

}  // namespace sluice
