#include "source/upstream/host_group.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace sluice {
namespace {

// The weights in the order in which they are first met, with the number of hosts of each: linear,
// as there are few different ones in practice.
std::vector<WeightClass> CountClasses(const std::vector<WeightedHost>& members,
                                      absl::flat_hash_map<double, uint32_t>& index_of) {
  std::vector<WeightClass> classes;
  for (const WeightedHost& member : members) {
    if (!classes.empty() && classes.back().weight == member.weight) {
      ++classes.back().end;
      continue;
    }
    const auto [at, is_new] =
        index_of.try_emplace(member.weight, static_cast<uint32_t>(classes.size()));
    if (is_new) classes.push_back({0, 0, member.weight});
    ++classes[at->second].end;
  }
  uint32_t begin = 0;
  for (WeightClass& c : classes) {
    c.begin = begin;
    begin = c.end += begin;
  }
  return classes;
}

// To nine significant bits.
double Rounded(double weight) {
  int exponent = 0;
  const double fraction = std::frexp(weight, &exponent);
  return std::ldexp(std::round(fraction * 512), exponent - 9);
}

}  // namespace

HostGroup::HostGroup(std::vector<WeightedHost> members) : hosts_(members.size()) {
  absl::flat_hash_map<double, uint32_t> index_of;
  classes_ = CountClasses(members, index_of);
  if (classes_.size() > kExactWeightClassesMax) {
    for (WeightedHost& member : members) member.weight = Rounded(member.weight);
    index_of.clear();
    classes_ = CountClasses(members, index_of);
  }
  std::vector<uint32_t> next(classes_.size());
  for (size_t i = 0; i < classes_.size(); ++i) next[i] = classes_[i].begin;
  for (const WeightedHost& member : members) {
    hosts_[next[classes_.size() == 1 ? 0 : index_of[member.weight]]++] = member.host;
    weight_sum_ += member.weight;
  }
  if (classes_.size() == 1) return;
  std::vector<double> weights;
  weights.reserve(classes_.size());
  for (const WeightClass& c : classes_) weights.push_back(c.weight * c.size());
  draw_ = std::make_unique<const AliasTable>(weights);
}

double HostGroup::WeightOf(uint32_t index) const {
  const auto after =
      std::upper_bound(classes_.begin(), classes_.end(), index,
                       [](uint32_t value, const WeightClass& c) { return value < c.begin; });
  return std::prev(after)->weight;
}

}  // namespace sluice
