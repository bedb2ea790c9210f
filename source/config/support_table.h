// The text of the support table, in parts by subject. See support_table.cc for how to read it.
#pragma once

#include <string_view>

namespace sluice {

extern const std::string_view kServingSupport;    // what a request meets before its route is chosen
extern const std::string_view kClusterSupport;    // clusters and endpoints
extern const std::string_view kDiscoverySupport;  // where resources come from
// The whole; lives for ever.
std::string_view SupportTableText();

}  // namespace sluice
