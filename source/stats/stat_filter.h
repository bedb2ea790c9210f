// StatFilter: which stats a reader wants to see. A value; `name` is borrowed.
#pragma once

#include <optional>

#include "re2/re2.h"
#include "source/stats/registry.h"

namespace sluice {

enum class StatUse : uint8_t { kAll, kUsedOnly };

struct StatFilter {
  StatUse use = StatUse::kAll;
  std::optional<StatKind> kind;    // all
  const re2::RE2* name = nullptr;  // null for all; searched in the full name

  bool Wants(const StatsRegistry::Stat& stat) const {
    if (use == StatUse::kUsedOnly && !stat.used) return false;
    if (kind.has_value() && *kind != stat.kind) return false;
    return name == nullptr ||
           re2::RE2::PartialMatch(re2::StringPiece(stat.name.data(), stat.name.size()), *name);
  }
};

}  // namespace sluice
