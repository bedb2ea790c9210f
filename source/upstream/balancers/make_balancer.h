// The balancer that a spec asks for, for one worker.
#pragma once

#include <memory>

#include "source/base/random.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/load_balancer.h"

namespace sluice {

// `random` is the worker's.
std::unique_ptr<LoadBalancer> MakeBalancer(const BalancerSpec& spec, Random& random);

}  // namespace sluice
