#include "source/listener/listener_config.h"

#include "test/listener/listener_fixture.h"

namespace sluice {
namespace {

class ListenerConfigTest : public ListenerTest {
 protected:
  std::string Errors(const std::string& fields) {
    std::string errors;
    EXPECT_EQ(Parse(fields, &errors), nullptr) << fields;
    return errors;
  }
  void ExpectError(const std::string& fields, const std::string& part) {
    const std::string errors = Errors(fields);
    EXPECT_NE(errors.find(part), std::string::npos) << errors;
  }
};

TEST_F(ListenerConfigTest, AChainIsRequired) {
  ExpectError("", "l.filter_chains: is empty");
  ExpectError("filter_chains {}", "l.filter_chains[0].filters: is empty");
  ExpectError("default_filter_chain {}", "l.default_filter_chain.filters: is empty");
}

TEST_F(ListenerConfigTest, ADefaultChainAloneWillDo) {
  std::string errors;
  const auto config = Parse("default_filter_chain { " + Filters("rest") + " }", &errors);
  ASSERT_NE(config, nullptr) << errors;
  EXPECT_EQ(config->filter_chains.default_chain->name, "rest");
}

TEST_F(ListenerConfigTest, TheSameMatchTwiceNamesBoth) {
  EXPECT_EQ(Errors(Chain("a", "source_ports: 1") + Chain("b") +
                   Chain("c", "source_ports: 2 source_ports: 1")),
            "l.filter_chains[2].filter_chain_match: of filter chain \"c\" (filter_chains[2]) asks "
            "for connections that filter chain \"a\" (filter_chains[0]) asks for in the same "
            "words; change a criterion of one of them\n");
  ExpectError(Chain("a") + Chain("b"), "filter chain \"a\" (filter_chains[0])");
  // Names are compared as they are matched.
  ExpectError(Chain("a", "server_names: 'WWW.x.org'") + Chain("b", "server_names: 'www.X.org'"),
              "filter chain \"a\"");
}

TEST_F(ListenerConfigTest, ServerNamesThatCannotMatch) {
  for (const char* name : {"*", "*foo", "*.foo.*", "foo.*", "w*.foo", "*.", ".foo", "*..foo"}) {
    ExpectError(Chain("a", absl::StrCat("server_names: 'ok' server_names: '", name, "'")),
                "l.filter_chains[0].filter_chain_match.server_names[1]: ");
  }
}

TEST_F(ListenerConfigTest, PortsAndRangesOutOfBounds) {
  ExpectError(Chain("a", "destination_port { value: 65536 }"), "match.destination_port: ");
  ExpectError(Chain("a", "destination_port { value: 0 }"), "match.destination_port: ");
  ExpectError(Chain("a", "source_ports: 0"), "match.source_ports[0]: 0 is no port");
  ExpectError(Chain("a", "source_ports: 70000"), "match.source_ports[0]: 70000 is no port");
  ExpectError(Chain("a", "prefix_ranges { address_prefix: '10.0.0.0' prefix_len { value: 33 } }"),
              "match.prefix_ranges[0]: prefix of 33 bits");
  ExpectError(Chain("a", "source_prefix_ranges { address_prefix: 'here' }"),
              "match.source_prefix_ranges[0]: ");
}

TEST_F(ListenerConfigTest, TooManyCombinations) {
  std::string match;
  for (int i = 0; i < 400; ++i) absl::StrAppend(&match, "server_names: 'n", i, "' ");
  for (int i = 1; i < 400; ++i) absl::StrAppend(&match, "source_ports: ", i, " ");
  ExpectError(Chain("a", match), "match: has more than 100000 combinations");
}

TEST_F(ListenerConfigTest, WhatTheSocketIsToBe) {
  std::string errors;
  const auto config = Parse(
      Chain("a") +
          "freebind { value: true } transparent { value: false } "
          "tcp_fast_open_queue_length { value: 7 } "
          "socket_options { level: 1 name: 8 int_value: 65536 state: STATE_LISTENING } "
          "socket_options { level: 6 name: 1 buf_value: 'abc' } "
          "additional_addresses { address { socket_address { address: '::1' port_value: 81 } } }",
      &errors);
  ASSERT_NE(config, nullptr) << errors;
  EXPECT_EQ(config->listen.freebind, true);
  EXPECT_EQ(config->listen.transparent, false);
  EXPECT_EQ(config->listen.fast_open_queue, 7);
  const auto& raw = config->listen.raw;
  ASSERT_EQ(raw.size(), 2u);
  EXPECT_EQ(raw[0].value, std::string("\0\0\1\0", 4));  // an int, as this machine has it
  EXPECT_EQ(raw[0].when, RawSocketOption::When::kAfterListen);
  EXPECT_EQ(raw[1].value, "abc");
  EXPECT_EQ(raw[1].when, RawSocketOption::When::kBeforeBind);
  EXPECT_EQ(config->additional_addresses[0].text(), "[::1]:81");
  ExpectError(Chain("a") + "socket_options { level: 4294967297 int_value: 1 }",
              "l.socket_options[0]: is out of range");
  ExpectError(Chain("a") + "socket_options { int_value: 4294967297 }",
              "l.socket_options[0].int_value: is out of range");
}

TEST_F(ListenerConfigTest, ATransportSocketNobodyKnows) {
  ExpectError(Chain("a", "",
                    "transport_socket { name: 't' typed_config { "
                    "[type.googleapis.com/google.protobuf.BoolValue] {} } }"),
              "l.filter_chains[0].transport_socket.typed_config: ");
}

}  // namespace
}  // namespace sluice
