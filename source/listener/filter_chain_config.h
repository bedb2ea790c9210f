// Reads envoy.config.listener.v3.FilterChain and FilterChainMatch. Main thread, at load.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "source/config/field_scope.h"
#include "source/listener/filter_chain_match.h"
#include "source/listener/filter_chains.h"
#include "source/sdk/registry.h"

namespace envoy::config::listener::v3 {
class FilterChain;
class FilterChainMatch;
}  // namespace envoy::config::listener::v3

namespace sluice {

// The same for two chains if a connection of the one is a connection of the other, as far as the
// configuration can tell. `stat_name`: of the listener, as its chains count under it.
std::string ChainFingerprint(const envoy::config::listener::v3::FilterChain& proto,
                             absl::string_view stat_name);
// Errors are in `scope`; the value is not to be used then.
FilterChain ParseFilterChain(const envoy::config::listener::v3::FilterChain& proto,
                             const Registry& registry, const ExtensionContext& context,
                             const FieldScope& scope);
FilterChainMatch ParseFilterChainMatch(const envoy::config::listener::v3::FilterChainMatch& proto,
                                       const FieldScope& scope);

}  // namespace sluice
