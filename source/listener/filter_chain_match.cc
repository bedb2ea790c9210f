#include "source/listener/filter_chain_match.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "absl/strings/match.h"

namespace sluice {
namespace {

constexpr absl::string_view kSameIpOrLoopback = "s";
constexpr absl::string_view kExternal = "e";

// A port as the value of a criterion: two bytes.
struct PortValue {
  explicit PortValue(uint16_t port)
      : bytes{static_cast<char>(port >> 8), static_cast<char>(port & 0xff)} {}
  absl::string_view view() const { return {bytes, sizeof(bytes)}; }
  char bytes[2];
};

// A range of addresses: how many bits, then the address with the other bits cleared.
struct RangeValue {
  RangeValue(absl::string_view address, uint8_t bits) : size(1 + address.size()) {
    bytes[0] = static_cast<char>(bits);
    std::memcpy(bytes + 1, address.data(), address.size());
    for (size_t i = 0; i < address.size(); ++i) {
      const size_t kept = bits > 8 * i ? std::min<size_t>(bits - 8 * i, 8) : 0;
      bytes[1 + i] = static_cast<char>(bytes[1 + i] & (0xff00 >> kept));
    }
  }
  absl::string_view view() const { return {bytes, size}; }
  char bytes[1 + 16];
  size_t size;
};

// Envoy's notion: over a Unix socket, from a loopback address, or to the address it comes from.
bool IsSameIpOrLoopback(const ChainMatchFacts& facts) {
  if (facts.source.family() == Address::Family::kUnix || facts.source.loopback()) return true;
  return facts.source.is_ip() && facts.source.ip_bytes() == facts.destination.ip_bytes();
}

std::vector<std::string> Ranges(const std::vector<Cidr>& ranges) {
  std::vector<std::string> values;
  for (const Cidr& range : ranges) {
    const RangeValue value(range.first().ip_bytes(), static_cast<uint8_t>(range.prefix_bits()));
    values.emplace_back(value.view());
  }
  return values;
}

}  // namespace

// ---- Filling.

uint64_t FilterChainIndex::Combinations(const FilterChainMatch& match) {
  uint64_t combinations = 1;
  for (const size_t values : {match.destination_ranges.size(), match.server_names.size(),
                              match.application_protocols.size(), match.direct_source_ranges.size(),
                              match.source_ranges.size(), match.source_ports.size()}) {
    // Saturates: one list alone is far from 2^32.
    if (combinations > kCombinationsMax) break;
    combinations *= std::max<uint64_t>(values, 1);
  }
  return combinations;
}

FilterChainIndex::Values FilterChainIndex::ValuesOf(const FilterChainMatch& match,
                                                    Criterion criterion) {
  Values values;
  switch (criterion) {
    case kDestinationPort:
      if (match.destination_port != 0)
        values.emplace_back(PortValue(match.destination_port).view());
      break;
    case kDestinationAddress:
      values = Ranges(match.destination_ranges);
      break;
    case kServerName:
      // A suffix stands there from its first dot.
      for (absl::string_view name : match.server_names) {
        values.emplace_back(absl::StartsWith(name, "*.") ? name.substr(1) : name);
      }
      break;
    case kTransportProtocol:
      values.push_back(match.transport_protocol);
      break;
    case kApplicationProtocol:
      values = match.application_protocols;
      break;
    case kDirectSourceAddress:
      values = Ranges(match.direct_source_ranges);
      break;
    case kSourceType:
      if (match.source_type == FilterChainMatch::SourceType::kSameIpOrLoopback) {
        values.emplace_back(kSameIpOrLoopback);
      } else if (match.source_type == FilterChainMatch::SourceType::kExternal) {
        values.emplace_back(kExternal);
      }
      break;
    case kSourceAddress:
      values = Ranges(match.source_ranges);
      break;
    case kSourcePort:
      for (const uint16_t port : match.source_ports) values.emplace_back(PortValue(port).view());
      break;
    case kCriteria:
      break;
  }
  if (values.empty()) values.emplace_back();
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

std::optional<uint32_t> FilterChainIndex::Add(const FilterChainMatch& match, uint32_t chain) {
  std::vector<Values> values;
  for (int criterion = 0; criterion < kCriteria; ++criterion) {
    values.push_back(ValuesOf(match, static_cast<Criterion>(criterion)));
  }
  if (match.destination_port != 0 || !match.destination_ranges.empty() ||
      match.source_type != FilterChainMatch::SourceType::kAny) {
    asks_for_destination_ = true;
  }
  return Insert(0, 0, values, chain);
}

std::optional<uint32_t> FilterChainIndex::Insert(uint32_t node, int criterion,
                                                 const std::vector<Values>& values,
                                                 uint32_t chain) {
  const bool last = criterion + 1 == kCriteria;
  for (const std::string& value : values[criterion]) {
    uint32_t& slot = value.empty() ? nodes_[node].any : nodes_[node].by_value[value];
    uint32_t child = slot;
    if (last) {
      if (child != 0) return child - 1;
      slot = chain + 1;
      child = slot;
    } else if (child == 0) {
      child = static_cast<uint32_t>(nodes_.size()) + 1;
      slot = child;
    }
    const bool is_range = criterion == kDestinationAddress || criterion == kSourceAddress ||
                          criterion == kDirectSourceAddress;
    if (is_range && !value.empty()) {
      std::vector<uint8_t>& lengths = nodes_[node].prefix_bits;
      lengths.push_back(static_cast<uint8_t>(value[0]));
      std::sort(lengths.begin(), lengths.end(), std::greater<>());
      lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    }
    if (last) continue;
    if (child - 1 == nodes_.size()) nodes_.emplace_back();  // invalidates `slot`
    const auto taken_by = Insert(child - 1, criterion + 1, values, chain);
    if (taken_by.has_value()) return taken_by;
  }
  return std::nullopt;
}

// ---- Looking up.

std::optional<uint32_t> FilterChainIndex::Find(const ChainMatchFacts& facts) const {
  uint32_t next = 1;
  for (int criterion = 0; criterion < kCriteria; ++criterion) {
    const Node& node = nodes_[next - 1];
    next = node.by_value.empty() ? node.any : Next(node, static_cast<Criterion>(criterion), facts);
    if (next == 0) return std::nullopt;
  }
  return next - 1;
}

uint32_t FilterChainIndex::Next(const Node& node, Criterion criterion,
                                const ChainMatchFacts& facts) {
  switch (criterion) {
    case kDestinationPort:
      return Exact(node, PortValue(facts.destination.port()).view());
    case kDestinationAddress:
      return LongestPrefix(node, facts.destination);
    case kServerName:
      return ServerName(node, facts.server_name);
    case kTransportProtocol:
      return Exact(node, facts.transport_protocol);
    case kApplicationProtocol:
      for (const std::string& protocol : facts.application_protocols) {
        const auto at = node.by_value.find(protocol);
        if (at != node.by_value.end()) return at->second;
      }
      return node.any;
    case kDirectSourceAddress:
      return LongestPrefix(node, facts.direct_source);
    case kSourceType:
      return SourceKind(node, facts);
    case kSourceAddress:
      return LongestPrefix(node, facts.source);
    case kSourcePort:
      return Exact(node, PortValue(facts.source.port()).view());
    case kCriteria:
      break;
  }
  return 0;
}

uint32_t FilterChainIndex::Exact(const Node& node, absl::string_view value) {
  const auto at = node.by_value.find(value);
  return at == node.by_value.end() ? node.any : at->second;
}

uint32_t FilterChainIndex::LongestPrefix(const Node& node, const Address& address) {
  const absl::string_view bytes = address.ip_bytes();  // none of a Unix socket: no range has it
  for (const uint8_t bits : node.prefix_bits) {
    if (bytes.empty() || bits > 8 * bytes.size()) continue;
    const auto at = node.by_value.find(RangeValue(bytes, bits).view());
    if (at != node.by_value.end()) return at->second;
  }
  return node.any;
}

// "www.example.com" itself, then ".example.com", then ".com".
uint32_t FilterChainIndex::ServerName(const Node& node, absl::string_view name) {
  if (name.empty() || name[0] == '.') return node.any;
  for (size_t from = 0; from != absl::string_view::npos; from = name.find('.', from + 1)) {
    const auto at = node.by_value.find(name.substr(from));
    if (at != node.by_value.end()) return at->second;
  }
  return node.any;
}

uint32_t FilterChainIndex::SourceKind(const Node& node, const ChainMatchFacts& facts) {
  return Exact(node, IsSameIpOrLoopback(facts) ? kSameIpOrLoopback : kExternal);
}

}  // namespace sluice
