// HeaderEdits: headers to remove and to add, of one level of a route configuration
// (request_headers_to_add and its three sisters). Values may hold command operators. Const, part of
// a RouteTable; any thread.
//
// Names and constant values enter the headers by reference: the RouteTable must outlive them, which
// a stream sees to by pinning the table it was routed by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/accesslog/log_format.h"
#include "source/http/headers.h"
#include "source/http/match/header_key.h"

namespace sluice {

// HeaderValueOption.append_action.
enum class HeaderAction : uint8_t {
  kAppendOrAdd,  // a further line of that name
  kAddIfAbsent,
  kOverwriteOrAdd,
  kOverwriteIfPresent,
};

struct HeaderAddition {
  HeaderKey name;
  LogFormat value;
  HeaderAction action = HeaderAction::kAppendOrAdd;
  // Else an empty value, an absent operator's for instance, leaves the headers as they are.
  bool keep_empty_value = false;
};

class HeaderEdits {
 public:
  HeaderEdits() = default;
  HeaderEdits(std::vector<HeaderKey> removals, std::vector<HeaderAddition> additions);

  bool empty() const { return removals_.empty() && additions_.empty(); }
  // Removes, then evaluates every value on what is left, then overwrites, then adds: no addition
  // sees another. `scratch` is the worker's, for values with operators.
  void Apply(Headers& headers, const FormatContext& context, std::string& scratch) const;

 private:
  std::vector<HeaderKey> removals_;
  std::vector<HeaderAddition> additions_;
};

}  // namespace sluice
