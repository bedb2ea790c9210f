// FilterChainMatch: which connections one filter chain asks for. FilterChainIndex: which of a
// listener's chains a connection gets. Pure; filled at load, const from then on and shared by all
// workers.
//
// The criteria are taken one after the other, in Envoy's order (envoy.config.listener.v3
// FilterChainMatch). At each, of the chains that are left, those stay that ask for the most
// specific value the connection has; where no chain asks for any of its values, those that do not
// ask. There is no way back: a chain that was left behind does not return because the ones that
// were better fail a later criterion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/net/address.h"
#include "source/net/cidr.h"

namespace sluice {

// What is empty, or 0, asks for nothing. Lists: one of their values.
struct FilterChainMatch {
  enum class SourceType : uint8_t { kAny, kSameIpOrLoopback, kExternal };
  uint16_t destination_port = 0;
  std::vector<Cidr> destination_ranges;
  std::vector<std::string> server_names;  // lower case: "www.example.com", "*.example.com"
  std::string transport_protocol;
  std::vector<std::string> application_protocols;
  std::vector<Cidr> direct_source_ranges;
  SourceType source_type = SourceType::kAny;
  std::vector<Cidr> source_ranges;
  std::vector<uint16_t> source_ports;
};

// Of one connection. Views live for the call.
struct ChainMatchFacts {
  const Address& destination;
  const Address& source;          // of the client: what a PROXY header says, else the socket's peer
  const Address& direct_source;   // the socket's peer
  absl::string_view server_name;  // lower case
  absl::string_view transport_protocol;
  absl::Span<const std::string> application_protocols;  // in the client's order
};

class FilterChainIndex {
 public:
  // How many combinations of its values one chain may ask for.
  static constexpr uint64_t kCombinationsMax = 100'000;
  static uint64_t Combinations(const FilterChainMatch& match);

  // A chain under its number. Returns another chain's number when both ask for the same connections
  // and none is the more specific; the index is not to be used then.
  std::optional<uint32_t> Add(const FilterChainMatch& match, uint32_t chain);
  std::optional<uint32_t> Find(const ChainMatchFacts& facts) const;
  // Whether Find looks at `destination`, which may cost a system call to know.
  bool asks_for_destination() const { return asks_for_destination_; }

 private:
  enum Criterion : uint8_t {
    kDestinationPort,
    kDestinationAddress,
    kServerName,
    kTransportProtocol,
    kApplicationProtocol,
    kDirectSourceAddress,
    kSourceType,
    kSourceAddress,
    kSourcePort,
    kCriteria
  };
  // The chains that are left before one criterion, by the value they ask for. Children are numbers
  // of nodes, after the last criterion of chains; both plus one, 0 is none.
  struct Node {
    uint32_t any = 0;
    absl::flat_hash_map<std::string, uint32_t> by_value;
    std::vector<uint8_t> prefix_bits;  // of address ranges in by_value, longest first
  };
  using Values = std::vector<std::string>;

  static Values ValuesOf(const FilterChainMatch& match, Criterion criterion);
  std::optional<uint32_t> Insert(uint32_t node, int criterion, const std::vector<Values>& values,
                                 uint32_t chain);
  static uint32_t Next(const Node& node, Criterion criterion, const ChainMatchFacts& facts);
  static uint32_t Exact(const Node& node, absl::string_view value);
  static uint32_t LongestPrefix(const Node& node, const Address& address);
  static uint32_t ServerName(const Node& node, absl::string_view name);
  static uint32_t SourceKind(const Node& node, const ChainMatchFacts& facts);

  std::vector<Node> nodes_{1};
  bool asks_for_destination_ = false;
};

}  // namespace sluice
