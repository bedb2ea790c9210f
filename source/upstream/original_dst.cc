#include "source/upstream/original_dst.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {
namespace {

// "10.0.0.1:80", "[2001:db8::1]:80"; kNone: it is neither.
Address ParseHostAndPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos) return {};
  const absl::string_view digits = text.substr(colon + 1);
  // No sign, and no space.
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos &&
                      absl::SimpleAtoi(digits, &port);
  if (!number || port == 0 || port > 65535) return {};
  absl::string_view ip = text.substr(0, colon);
  const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  // An IPv6 address needs its brackets, and nothing else has any.
  if (bracketed != absl::StrContains(ip, ':')) return {};
  const auto address = Address::FromIp(ip, static_cast<uint16_t>(port));
  return address.ok() ? *address : Address();
}

bool IsSet(const Address& address) { return address.family() != Address::Family::kNone; }

Address DestinationOf(WorkerCluster& cluster, const Headers* request,
                      const DownstreamFacts* downstream) {
  const OriginalDstSpec& spec = *cluster.spec().settings->original_dst;
  if (!spec.header.empty() && request != nullptr) {
    const Header* const header = request->Find(spec.header);
    const Address address = header == nullptr ? Address() : ParseHostAndPort(header->value);
    if (IsSet(address)) return address;
    if (header != nullptr)
      cluster.spec().stats.original_dst_host_invalid.Add(cluster.worker().stats);
  }
  if (downstream == nullptr || downstream->accepted == nullptr) return {};
  const Address& original = downstream->accepted->local_address;
  return original.is_ip() ? original : Address();
}

}  // namespace

OriginalHosts::OriginalHosts(WorkerCluster& cluster)
    : cluster_(cluster), sweep_(cluster.worker().loop, this, kMethod<&OriginalHosts::Sweep>) {}

OriginalHosts::~OriginalHosts() {
  cluster_.spec().stats.membership_total.Subtract(cluster_.worker().stats,
                                                  static_cast<int64_t>(by_address_.size()));
}

Host* OriginalHosts::At(const Address& address) {
  const auto known = by_address_.find(address);
  if (known != by_address_.end()) {
    known->second.used = true;
    return known->second.host.get();
  }
  if (by_address_.size() == kHostsMax) return nullptr;
  auto host = std::make_shared<Host>(HostFacts{.address = address, .hostname = "", .probe = {}});
  Host* const made = host.get();
  by_address_[address] = {std::move(host), true};
  cluster_.spec().stats.membership_total.Add(cluster_.worker().stats);
  if (!sweep_.armed()) sweep_.Arm(cluster_.spec().settings->original_dst->cleanup_interval);
  return made;
}

void OriginalHosts::Sweep() {
  for (auto at = by_address_.begin(); at != by_address_.end();) {
    Known& known = at->second;
    const bool used = std::exchange(known.used, false) ||
                      known.host->cx_active.load(std::memory_order_relaxed) > 0;
    if (used) {
      ++at;
      continue;
    }
    cluster_.DrainPoolsOf(*known.host);
    cluster_.spec().stats.membership_total.Subtract(cluster_.worker().stats);
    by_address_.erase(at++);
  }
  if (!by_address_.empty()) sweep_.Arm(cluster_.spec().settings->original_dst->cleanup_interval);
}

Host* PickOriginalHost(WorkerCluster& cluster, const Headers* request,
                       const DownstreamFacts* downstream) {
  Address address = DestinationOf(cluster, request, downstream);
  const uint16_t port = cluster.spec().settings->original_dst->port;
  if (IsSet(address) && port != 0) address = address.WithPort(port);
  Host* const host = IsSet(address) ? cluster.HostAt(address) : nullptr;
  if (host == nullptr) cluster.spec().stats.cx_none_healthy.Add(cluster.worker().stats);
  return host;
}

}  // namespace sluice
