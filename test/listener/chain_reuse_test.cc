// Which chains of a listener's new version are those of the old one.
#include "source/listener/filter_chain_config.h"
#include "test/listener/listener_fixture.h"

namespace sluice {
namespace {

using FilterChainProto = envoy::config::listener::v3::FilterChain;

class ChainReuse : public ListenerTest {
 protected:
  std::shared_ptr<const ListenerConfig> Next(const std::string& fields, const std::string& version,
                                             const ListenerConfig* in_service) {
    envoy::config::listener::v3::Listener proto;
    const std::string address =
        "address { socket_address { address: '10.9.9.9' port_value: 80 } } ";
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(address + fields, &proto)) << fields;
    ConfigErrors errors;
    auto config = ParseListener(proto,
                                {.registry = registry_,
                                 .stats = world_.stats(),
                                 .access_logs = access_logs_,
                                 .version = version,
                                 .in_service = in_service},
                                FieldScope(errors, "l"));
    EXPECT_EQ(errors.ToString(), "");
    return config;
  }
  // A text for each chain of the second: whether it is the first's, and its version.
  std::vector<std::string> Compare(const std::string& first, const std::string& second) {
    const auto one = Next(first, "1", nullptr), two = Next(second, "2", one.get());
    std::vector<std::string> found;
    two->filter_chains.ForEach([&](const std::shared_ptr<const FilterChain>& chain) {
      bool is_same = false;
      one->filter_chains.ForEach([&](const std::shared_ptr<const FilterChain>& old) {
        is_same = is_same || old == chain;
      });
      found.push_back(absl::StrCat(chain->name, is_same ? " same " : " new ", chain->version));
    });
    return found;
  }
  using Found = std::vector<std::string>;
  const std::string a_ = Chain("a", "destination_port { value: 81 }");
  const std::string b_ = Chain("b", "destination_port { value: 82 }");
};

TEST_F(ChainReuse, AnUnchangedChainIsTheSameObjectAndKeepsItsVersion) {
  EXPECT_EQ(Compare(a_ + b_, a_ + b_), (Found{"a same 1", "b same 1"}));
  EXPECT_EQ(Compare(a_ + b_, b_ + a_), (Found{"b same 1", "a same 1"}));
  EXPECT_EQ(Compare(a_, b_ + a_), (Found{"b new 2", "a same 1"}));
  EXPECT_EQ(Compare(a_ + b_, b_), (Found{"b same 1"}));
}

TEST_F(ChainReuse, WhatElseTheListenerSaysDoesNotCount) {
  EXPECT_EQ(Compare(a_, a_ + "per_connection_buffer_limit_bytes { value: 100 } "
                             "tcp_backlog_size { value: 7 } name: 'other'"),
            Found{"a same 1"});
}

TEST_F(ChainReuse, AChangedChainIsANewOne) {
  EXPECT_EQ(Compare(a_, Chain("a", "destination_port { value: 82 }")), Found{"a new 2"});
  EXPECT_EQ(Compare(a_, Chain("a", "destination_port { value: 81 }",
                              "transport_socket_connect_timeout { seconds: 1 }")),
            Found{"a new 2"});
}

// Its connections are counted under it.
TEST_F(ChainReuse, AChainUnderAnotherStatNameIsANewOne) {
  EXPECT_EQ(Compare(a_, a_ + "stat_prefix: 'other'"), Found{"a new 2"});
}

TEST_F(ChainReuse, TheDefaultChainMayBecomeOneAmongOthers) {
  const std::string filters = Filters("rest");
  EXPECT_EQ(
      Compare("default_filter_chain { " + filters + " }", "filter_chains { " + filters + " }"),
      Found{"rest same 1"});
}

TEST_F(ChainReuse, AFingerprintIsOfWhatTheChainSays) {
  FilterChainProto chain, other;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(Filters("a"), &chain));
  other = chain;
  auto& any = *other.mutable_filters(0)->mutable_typed_config();
  any.set_type_url("example.org/google.protobuf.StringValue");
  EXPECT_EQ(ChainFingerprint(chain, "s"), ChainFingerprint(other, "s"));
  EXPECT_NE(ChainFingerprint(chain, "s"), ChainFingerprint(chain, "t"));
  other.set_name("b");
  EXPECT_NE(ChainFingerprint(chain, "s"), ChainFingerprint(other, "s"));
}

}  // namespace
}  // namespace sluice
