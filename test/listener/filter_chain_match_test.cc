#include "source/listener/filter_chain_match.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using SourceType = FilterChainMatch::SourceType;

Address Ip(const std::string& ip, uint16_t port) { return *Address::FromIp(ip, port); }
std::vector<Cidr> Ranges(const std::vector<std::string>& texts) {
  std::vector<Cidr> ranges;
  for (const std::string& text : texts) ranges.push_back(*Cidr::Parse(text));
  return ranges;
}

struct Facts {
  Address destination = Ip("10.9.9.9", 443);
  Address source = Ip("192.0.2.1", 5000);
  Address direct_source = Ip("192.0.2.1", 5000);
  std::string server_name;
  std::string transport = "raw_buffer";
  std::vector<std::string> protocols;
};

// Chains under the numbers in which they are given.
class Chains {
 public:
  Chains(std::initializer_list<FilterChainMatch> matches) {
    uint32_t number = 0;
    for (const FilterChainMatch& match : matches) {
      EXPECT_EQ(index_.Add(match, number), std::nullopt) << number;
      ++number;
    }
  }
  // -1: none.
  int Find(const Facts& facts) const {
    const auto chain = index_.Find({.destination = facts.destination,
                                    .source = facts.source,
                                    .direct_source = facts.direct_source,
                                    .server_name = facts.server_name,
                                    .transport_protocol = facts.transport,
                                    .application_protocols = facts.protocols});
    return chain.has_value() ? static_cast<int>(*chain) : -1;
  }

 private:
  FilterChainIndex index_;
};

TEST(FilterChainMatch, NothingAskedForIsEverything) {
  EXPECT_EQ(Chains({{}}).Find({}), 0);
  EXPECT_EQ(Chains({}).Find({}), -1);
}

TEST(FilterChainMatch, ThePortFirst) {
  const Chains chains = {{.destination_port = 443}, {}, {.destination_port = 8443}};
  EXPECT_EQ(chains.Find({.destination = Ip("10.9.9.9", 443)}), 0);
  EXPECT_EQ(chains.Find({.destination = Ip("::1", 8443)}), 2);
  EXPECT_EQ(chains.Find({.destination = Ip("10.9.9.9", 80)}), 1);
}

TEST(FilterChainMatch, TheLongestPrefixOfTheDestination) {
  const Chains chains = {{.destination_ranges = Ranges({"10.0.0.0/8", "2001:db8::/32"})},
                         {.destination_ranges = Ranges({"10.9.0.0/16"})},
                         {.destination_ranges = Ranges({"10.9.9.9/32", "2001:db8::7/128"})},
                         {.destination_ranges = Ranges({"0.0.0.0/0"})},
                         {}};
  EXPECT_EQ(chains.Find({.destination = Ip("10.9.9.9", 1)}), 2);
  EXPECT_EQ(chains.Find({.destination = Ip("10.9.9.8", 1)}), 1);
  EXPECT_EQ(chains.Find({.destination = Ip("10.8.9.9", 1)}), 0);
  EXPECT_EQ(chains.Find({.destination = Ip("11.8.9.9", 1)}), 3);
  EXPECT_EQ(chains.Find({.destination = Ip("2001:db8::7", 1)}), 2);
  EXPECT_EQ(chains.Find({.destination = Ip("2001:db8::8", 1)}), 0);
  EXPECT_EQ(chains.Find({.destination = Ip("2001:db9::8", 1)}), 4);
  EXPECT_EQ(chains.Find({.destination = *Address::FromUnixPath("/run/x")}), 4);
}

// The bytes of one family's range are not those of the other's.
TEST(FilterChainMatch, PrefixesThatEndWithinAByte) {
  const Chains chains = {{.destination_ranges = Ranges({"10.128.0.0/9"})},
                         {.destination_ranges = Ranges({"10.64.0.0/10"})},
                         {.destination_ranges = Ranges({"a80::/9"})}};
  EXPECT_EQ(chains.Find({.destination = Ip("10.255.0.1", 1)}), 0);
  EXPECT_EQ(chains.Find({.destination = Ip("10.127.0.1", 1)}), 1);
  EXPECT_EQ(chains.Find({.destination = Ip("10.63.0.1", 1)}), -1);
  EXPECT_EQ(chains.Find({.destination = Ip("a81::", 1)}), 2);
  EXPECT_EQ(chains.Find({.destination = Ip("b80::", 1)}), -1);
}

TEST(FilterChainMatch, ServerNamesFromTheMostSpecific) {
  const Chains chains = {{.server_names = {"www.example.com"}},
                         {.server_names = {"*.example.com", "other.org"}},
                         {.server_names = {"*.com"}},
                         {}};
  const std::pair<const char*, int> cases[] = {{"www.example.com", 0},
                                               {"a.example.com", 1},
                                               {"a.b.example.com", 1},
                                               {"example.com", 2},
                                               {"com", 3},
                                               {"other.org", 1},
                                               {"a.other.org", 3},
                                               {"", 3},
                                               {".example.com", 3},
                                               {"xexample.com", 2},
                                               {"www.example.com.", 3},
                                               {"a..com", 2}};
  for (const auto& [name, chain] : cases) {
    EXPECT_EQ(chains.Find({.server_name = name}), chain) << name;
  }
}

TEST(FilterChainMatch, NamesWithoutACatchAll) {
  const Chains chains = {{.server_names = {"*.example.com"}}};
  EXPECT_EQ(chains.Find({.server_name = "a.example.com"}), 0);
  EXPECT_EQ(chains.Find({.server_name = "example.com"}), -1);
  EXPECT_EQ(chains.Find({}), -1);
}

TEST(FilterChainMatch, TransportAndApplicationProtocol) {
  const Chains chains = {{.transport_protocol = "tls", .application_protocols = {"h2"}},
                         {.transport_protocol = "tls", .application_protocols = {"http/1.1"}},
                         {.transport_protocol = "tls"},
                         {.transport_protocol = "raw_buffer"}};
  EXPECT_EQ(chains.Find({.transport = "tls", .protocols = {"h2", "http/1.1"}}), 0);
  // The client's order decides among what is asked for.
  EXPECT_EQ(chains.Find({.transport = "tls", .protocols = {"x", "http/1.1", "h2"}}), 1);
  EXPECT_EQ(chains.Find({.transport = "tls", .protocols = {"x"}}), 2);
  EXPECT_EQ(chains.Find({.transport = "tls"}), 2);
  EXPECT_EQ(chains.Find({.protocols = {"h2"}}), 3);
  EXPECT_EQ(chains.Find({.transport = "quic"}), -1);
}

TEST(FilterChainMatch, TheSocketsPeerAndTheClientAreTwoThings) {
  const Chains chains = {{.direct_source_ranges = Ranges({"10.1.0.0/16"})},
                         {.source_ranges = Ranges({"10.1.0.0/16"})},
                         {}};
  const Address balancer = Ip("10.1.2.3", 9), client = Ip("192.0.2.7", 9);
  EXPECT_EQ(chains.Find({.source = client, .direct_source = balancer}), 0);
  EXPECT_EQ(chains.Find({.source = balancer, .direct_source = client}), 1);
  EXPECT_EQ(chains.Find({.source = client, .direct_source = client}), 2);
}

TEST(FilterChainMatch, SourceTypes) {
  const Chains chains = {{.source_type = SourceType::kSameIpOrLoopback},
                         {.source_type = SourceType::kExternal}};
  const Address here = Ip("10.9.9.9", 443);
  EXPECT_EQ(chains.Find({.destination = here, .source = Ip("127.0.0.1", 1)}), 0);
  EXPECT_EQ(chains.Find({.destination = here, .source = Ip("::1", 1)}), 0);
  EXPECT_EQ(chains.Find({.destination = here, .source = Ip("10.9.9.9", 1)}), 0);
  EXPECT_EQ(chains.Find({.destination = here, .source = *Address::FromUnixPath("/run/x")}), 0);
  EXPECT_EQ(chains.Find({.destination = here, .source = Ip("10.9.9.8", 1)}), 1);

  const Chains one = {{.source_type = SourceType::kExternal}, {}};
  EXPECT_EQ(one.Find({.source = Ip("127.0.0.1", 1)}), 1);
}

TEST(FilterChainMatch, SourceAddressThenSourcePort) {
  const Chains chains = {{.source_ranges = Ranges({"192.0.2.0/24"}), .source_ports = {1000, 2000}},
                         {.source_ranges = Ranges({"192.0.2.0/24"})},
                         {.source_ports = {1000}}};
  EXPECT_EQ(chains.Find({.source = Ip("192.0.2.1", 2000)}), 0);
  EXPECT_EQ(chains.Find({.source = Ip("192.0.2.1", 3000)}), 1);
  EXPECT_EQ(chains.Find({.source = Ip("198.51.100.1", 1000)}), 2);
  EXPECT_EQ(chains.Find({.source = Ip("198.51.100.1", 3000)}), -1);
}

// Each earlier criterion outweighs all later ones together.
TEST(FilterChainMatch, TheOrderOfCriteria) {
  const FilterChainMatch in_order[] = {{.destination_port = 443},
                                       {.destination_ranges = Ranges({"10.9.9.9/32"})},
                                       {.server_names = {"a.b"}},
                                       {.transport_protocol = "tls"},
                                       {.application_protocols = {"h2"}},
                                       {.direct_source_ranges = Ranges({"192.0.2.1/32"})},
                                       {.source_type = SourceType::kExternal},
                                       {.source_ranges = Ranges({"192.0.2.1/32"})},
                                       {.source_ports = {5000}}};
  const Facts all = {.server_name = "a.b", .transport = "tls", .protocols = {"h2"}};
  for (size_t first = 0; first + 1 < std::size(in_order); ++first) {
    FilterChainMatch later;
    for (size_t i = first + 1; i < std::size(in_order); ++i) {
      const FilterChainMatch& more = in_order[i];
      if (!more.destination_ranges.empty()) later.destination_ranges = more.destination_ranges;
      if (!more.server_names.empty()) later.server_names = more.server_names;
      if (!more.transport_protocol.empty()) later.transport_protocol = more.transport_protocol;
      if (!more.application_protocols.empty())
        later.application_protocols = more.application_protocols;
      if (!more.direct_source_ranges.empty())
        later.direct_source_ranges = more.direct_source_ranges;
      if (more.source_type != SourceType::kAny) later.source_type = more.source_type;
      if (!more.source_ranges.empty()) later.source_ranges = more.source_ranges;
      if (!more.source_ports.empty()) later.source_ports = more.source_ports;
    }
    EXPECT_EQ(Chains({later, in_order[first]}).Find(all), 1) << first;
    EXPECT_EQ(Chains({later}).Find(all), 0) << first;
  }
}

TEST(FilterChainMatch, ThereIsNoWayBack) {
  // The name is the more specific, so the chain without one is out, though its ports would do.
  const Chains chains = {{.server_names = {"a.b"}, .source_ports = {1}}, {}};
  EXPECT_EQ(chains.Find({.source = Ip("192.0.2.1", 1), .server_name = "a.b"}), 0);
  EXPECT_EQ(chains.Find({.source = Ip("192.0.2.1", 2), .server_name = "a.b"}), -1);
  EXPECT_EQ(chains.Find({.source = Ip("192.0.2.1", 2), .server_name = "c.b"}), 1);
}

TEST(FilterChainMatch, TheSameTwiceIsToldWithTheOthersNumber) {
  const FilterChainMatch names = {.server_names = {"a.b", "*.b"}, .application_protocols = {"h2"}};
  const FilterChainMatch overlapping = {.server_names = {"c.b", "*.b"},
                                        .application_protocols = {"h3", "h2"}};
  FilterChainIndex index;
  EXPECT_EQ(index.Add({}, 0), std::nullopt);
  EXPECT_EQ(index.Add(names, 1), std::nullopt);
  EXPECT_EQ(index.Add(overlapping, 2), 1u);
  EXPECT_EQ(FilterChainIndex(index).Add({}, 3), 0u);
  // An address written in two ways is one range.
  FilterChainIndex ranges;
  EXPECT_EQ(ranges.Add({.source_ranges = Ranges({"10.1.2.3/8"})}, 0), std::nullopt);
  EXPECT_EQ(ranges.Add({.source_ranges = Ranges({"10.3.2.1/8"})}, 1), 0u);
  EXPECT_EQ(ranges.Add({.source_ranges = Ranges({"10.3.2.1/9"})}, 2), std::nullopt);
  // Values twice within one chain are one.
  EXPECT_EQ(index.Add({.source_ports = {1, 1}}, 4), std::nullopt);
}

TEST(FilterChainMatch, OnlyWhoAsksForTheDestinationNeedsIt) {
  FilterChainIndex index;
  index.Add({.server_names = {"a.b"}, .source_ports = {1}}, 0);
  EXPECT_FALSE(index.asks_for_destination());
  index.Add({.source_type = SourceType::kExternal}, 1);
  EXPECT_TRUE(index.asks_for_destination());
}

TEST(FilterChainMatch, CombinationsAreCounted) {
  FilterChainMatch match;
  EXPECT_EQ(FilterChainIndex::Combinations(match), 1);
  match.server_names.assign(100, "a");
  match.source_ports.assign(1000, 1);
  EXPECT_EQ(FilterChainIndex::Combinations(match), FilterChainIndex::kCombinationsMax);
  match.application_protocols.assign(2, "a");
  EXPECT_GT(FilterChainIndex::Combinations(match), FilterChainIndex::kCombinationsMax);
}

}  // namespace
}  // namespace sluice
