// Reads envoy.config.listener.v3.FilterChain and FilterChainMatch. Main thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/listener/filter_chain_match.h"
#include "source/listener/filter_chains.h"
#include "source/sdk/registry.h"

namespace envoy::config::listener::v3 {
class FilterChain;
class FilterChainMatch;
}  // namespace envoy::config::listener::v3

namespace sluice {

// Errors are in `scope`; the value is not to be used then.
FilterChain ParseFilterChain(const envoy::config::listener::v3::FilterChain& proto,
                             const Registry& registry, const ExtensionContext& context,
                             const FieldScope& scope);
FilterChainMatch ParseFilterChainMatch(const envoy::config::listener::v3::FilterChainMatch& proto,
                                       const FieldScope& scope);

}  // namespace sluice
