#include "source/upstream/balancers/make_balancer.h"

#include "source/upstream/balancers/consistent_hash.h"
#include "source/upstream/balancers/least_request.h"
#include "source/upstream/balancers/peak_ewma.h"
#include "source/upstream/balancers/random_choice.h"
#include "source/upstream/balancers/round_robin.h"
#include "source/upstream/balancers/subset_balancer.h"

namespace sluice {
namespace {

std::unique_ptr<LoadBalancer> MakeByPolicy(const BalancerSpec& spec, Random& random) {
  switch (spec.policy) {
    case BalancerPolicy::kLeastRequest:
      return std::make_unique<LeastRequest>(spec.least_request);
    case BalancerPolicy::kRandom:
      return std::make_unique<RandomChoice>();
    case BalancerPolicy::kRingHash:
    case BalancerPolicy::kMaglev:
      return std::make_unique<ConsistentHash>(spec.hash_balance_percent);
    case BalancerPolicy::kPeakEwma:
      return std::make_unique<PeakEwma>(spec.peak_ewma);
    case BalancerPolicy::kRoundRobin:
      break;
  }
  return std::make_unique<RoundRobin>(random);
}

}  // namespace

std::unique_ptr<LoadBalancer> MakeBalancer(const BalancerSpec& spec, Random& random) {
  if (spec.subsets == nullptr) return MakeByPolicy(spec, random);
  // Copied: it has to last as long as the balancer.
  return std::make_unique<SubsetBalancer>([spec, &random] { return MakeByPolicy(spec, random); });
}

}  // namespace sluice
