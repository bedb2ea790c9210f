// HostGroup: hosts that share one part of a cluster's traffic by their weights alone: the healthy
// hosts of a priority, or those of one of its localities. Const after construction, part of a
// HostSet, which keeps the hosts alive; shared by all workers.
//
// Hosts of one weight stand side by side, as a WeightClass: few are as good as one to balancers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "source/base/random.h"
#include "source/upstream/balancers/alias_table.h"
#include "source/upstream/balancers/hash_ring.h"
#include "source/upstream/balancers/maglev_table.h"
#include "source/upstream/host.h"

namespace sluice {

struct WeightedHost {
  Host* host;
  double weight;  // above 0; only ratios mean something
};

// Weights that differ so much that there would be more classes than this are rounded to 1/256 of
// themselves: a balancer's tables then fit into a processor's cache, whatever the number of hosts.
inline constexpr size_t kExactWeightClassesMax = 1024;

struct WeightClass {
  uint32_t begin, end;  // of HostGroup::hosts
  double weight;        // of each of them
  uint32_t size() const { return end - begin; }
};

class HostGroup {
 public:
  explicit HostGroup(std::vector<WeightedHost> members);  // not empty
  HostGroup(HostGroup&&) = default;

  absl::Span<Host* const> hosts() const { return hosts_; }
  absl::Span<const WeightClass> classes() const { return classes_; }  // at least one
  bool equal_weights() const { return classes_.size() == 1; }
  double WeightOf(uint32_t index) const;
  double weight_sum() const { return weight_sum_; }

  // By weight, each draw by itself.
  struct Drawn {
    uint32_t index;  // of hosts()
    double weight;
  };
  Drawn Draw(Random& random) const {
    const WeightClass& from = classes_[draw_ == nullptr ? 0 : draw_->Draw(random)];
    return {from.begin + static_cast<uint32_t>(random.Below(from.size())), from.weight};
  }

  // For the balancers that hash; at most one of them is there.
  std::unique_ptr<const HashRing> ring;
  std::unique_ptr<const MaglevTable> maglev;

 private:
  std::vector<Host*> hosts_;
  std::vector<WeightClass> classes_;
  std::unique_ptr<const AliasTable> draw_;  // of a class; null: there is one
  double weight_sum_ = 0;
};

}  // namespace sluice
