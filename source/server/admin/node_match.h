// Whether a node is one that a NodeMatcher means: its id and its metadata. Pure.
#pragma once

#include "envoy/config/core/v3/base.pb.h"
#include "envoy/type/matcher/v3/node.pb.h"
#include "source/config/field_scope.h"

namespace sluice {

// Everything that the matcher says must hold; one that says nothing matches every node. What is
// wrong with it goes to `scope`.
bool MatchesNode(const envoy::type::matcher::v3::NodeMatcher& matcher,
                 const envoy::config::core::v3::Node& node, const FieldScope& scope);

}  // namespace sluice
