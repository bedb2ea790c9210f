#include "source/upstream/balancers/subset_balancer.h"

#include "source/upstream/balancers/subset_index.h"

namespace sluice {

Host* SubsetBalancer::Pick(const PickContext& context) {
  if (hosts_ == nullptr || hosts_->subsets == nullptr) return nullptr;
  if (context.metadata == nullptr) return PickFor(nullptr, context);
  const bool by_list = hosts_->subsets->spec().fallback_list && !context.metadata->list.empty();
  if (!by_list) return PickFor(&context.metadata->as_is, context);
  for (const KeyValues& wanted : context.metadata->list) {
    if (Host* const host = PickFor(&wanted, context); host != nullptr) return host;
  }
  return nullptr;
}

Host* SubsetBalancer::PickFor(const KeyValues* wanted, const PickContext& context) {
  const SubsetIndex::Choice choice = hosts_->subsets->Find(wanted);
  Host* const host = PickFrom(choice.set, context);
  context.notes.subset =
      choice.fell_back ? PickNotes::Subset::kFallback : PickNotes::Subset::kItsOwn;
  if (host != nullptr || !choice.else_any) return host;
  context.notes.subset = PickNotes::Subset::kPanic;
  return all_->Pick(context);
}

Host* SubsetBalancer::PickFrom(uint32_t set, const PickContext& context) {
  if (set == SubsetIndex::kAny) return all_->Pick(context);
  if (set == SubsetIndex::kNobody) return nullptr;
  return subsets_[set]->Pick(context);
}

void SubsetBalancer::SetHosts(std::shared_ptr<const HostSet> hosts) {
  hosts_ = std::move(hosts);
  all_->SetHosts(hosts_);
  subsets_.clear();
  if (hosts_->subsets == nullptr) return;
  for (const auto& set : hosts_->subsets->sets()) {
    subsets_.push_back(make_());
    subsets_.back()->SetHosts(set);
  }
}

}  // namespace sluice
