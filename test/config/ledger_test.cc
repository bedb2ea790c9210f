// Nothing that is set is ignored in silence.
#include <gtest/gtest.h>

#include <set>

#include "source/config/any_unpack.h"
#include "source/config/field_ledger.h"
#include "source/config/field_support.h"
#include "source/config/support_table.h"
#include "test/config/load_test_support.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

std::vector<LedgerEntry> LedgerOf(std::string_view yaml) {
  Reading reading;
  reading.Yaml(yaml);
  EXPECT_EQ(reading.errors(), "");
  ConfigErrors errors;
  auto ledger = BuildFieldLedger(reading.bootstrap, FieldScope(errors), &reading.lines());
  EXPECT_TRUE(errors.empty());
  return ledger;
}

std::string Page(std::string_view yaml) { return LedgerPage(LedgerOf(yaml)); }

TEST(Ledger, EffectiveFieldsLeaveNoEntry) {
  EXPECT_EQ(Page("node: {id: a, metadata: {x: 1}, locality: {zone: z}}\n"
                 "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}\n"),
            "every field that is set takes effect\n");
}

TEST(Ledger, UnsupportedFieldIsOneEntryWithItsLine) {
  EXPECT_EQ(Page("node: {id: a}\nhds_config:\n  api_type: GRPC\n"),
            "unsupported: f:2: hds_config: is not supported "
            "(envoy.config.bootstrap.v3.Bootstrap.hds_config)\n");
}

TEST(Ledger, InertFieldSaysWhy) {
  auto ledger = LedgerOf("default_regex_engine: {name: a}");
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].entry_class, LedgerClass::kInert);
  EXPECT_EQ(LedgerLine(ledger[0]),
            "f:1: default_regex_engine: has no effect: RE2 is the only engine");
}

TEST(Ledger, OnlySomeValuesOfAField) {
  EXPECT_EQ(Page("admin: {address: {socket_address: {address: a, port_value: 1, protocol: UDP}}}"),
            "unsupported: f:1: admin.address.socket_address.protocol: does not support UDP, only "
            "TCP (envoy.config.core.v3.SocketAddress.protocol)\n");
  EXPECT_EQ(Page("stats_config: {use_all_default_tags: true}"),
            "every field that is set takes effect\n");
  EXPECT_EQ(LedgerOf("stats_config: {use_all_default_tags: false}").size(), 1u);
}

TEST(Ledger, SecurityIsMarked) {
  EXPECT_EQ(Page("static_resources: {listeners: [{filter_chain_matcher: {}}]}"),
            "guards security: f:1: static_resources.listeners[0].filter_chain_matcher: is not "
            "supported, and ignoring it would weaken security "
            "(envoy.config.listener.v3.Listener.filter_chain_matcher)\n");
}

TEST(Ledger, UnsupportedFieldNamesTheExtensionInIt) {
  EXPECT_EQ(Page("typed_dns_resolver_config: {name: a, typed_config: {\"@type\": "
                 "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3"
                 ".CaresDnsResolverConfig}}"),
            "unsupported: f:1: typed_dns_resolver_config: is not supported "
            "(envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig) "
            "(envoy.config.bootstrap.v3.Bootstrap.typed_dns_resolver_config)\n");
}

constexpr std::string_view kListenerWithFilter =
    "static_resources: {listeners: [{filter_chains: [{filters: [{name: a, typed_config: ";

TEST(Ledger, UnknownExtensionsAreNamed) {
  auto ledger =
      LedgerOf(std::string(kListenerWithFilter) +
               "{\"@type\": "
               "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}}]}]}]}");
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].entry_class, LedgerClass::kUnknownExtension);
  EXPECT_EQ(LedgerLine(ledger[0]),
            "f:1: static_resources.listeners[0].filter_chains[0].filters[0].typed_config: no "
            "extension \"envoy.extensions.filters.network.echo.v3.Echo\" is built in");
}

TEST(Ledger, LooksInsideOfAnysAndTypedStructs) {
  std::string type =
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  auto plain = LedgerOf(std::string(kListenerWithFilter) + "{\"@type\": type.googleapis.com/" +
                        type + ", stat_prefix: a, tracing: {}}}]}]}]}");
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(plain[0].path,
            "static_resources.listeners[0].filter_chains[0].filters[0].typed_config.tracing");
  auto wrapped = LedgerOf(std::string(kListenerWithFilter) +
                          "{\"@type\": type.googleapis.com/udpa.type.v1.TypedStruct, type_url: x/" +
                          type + ", value: {stat_prefix: a, tracing: {}}}}]}]}]}");
  ASSERT_EQ(wrapped.size(), 1u);
  EXPECT_EQ(wrapped[0].field, type + ".tracing");
}

TEST(Ledger, SomeFieldsOfAMessageInOnePlaceOnly) {
  constexpr std::string_view kCluster =
      "static_resources: {clusters: [{name: a, common_http_protocol_options: ";
  EXPECT_EQ(LedgerOf(std::string(kCluster) + "{idle_timeout: 1s}}]}").size(), 0u);
  auto ledger =
      LedgerOf(std::string(kCluster) + "{headers_with_underscores_action: drop_header}}]}");
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].field,
            "envoy.config.core.v3.HttpProtocolOptions.headers_with_underscores_action");
}

TEST(Ledger, OptionalExtensionsMayBeMissing) {
  std::string filter =
      "{\"@type\": type.googleapis.com/"
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, "
      "http_filters: [{name: a, is_optional: true, typed_config: {\"@type\": "
      "type.googleapis.com/no.Such}}]}}]}]}]}";
  auto ledger = LedgerOf(std::string(kListenerWithFilter) + filter);
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].entry_class, LedgerClass::kInert);
  EXPECT_EQ(ledger[0].note, "no extension \"no.Such\" is built in, and it is optional");
  filter.replace(filter.find("true"), 4, "false");
  ledger = LedgerOf(std::string(kListenerWithFilter) + filter);
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].entry_class, LedgerClass::kUnknownExtension);
}

TEST(Ledger, UnknownFieldsOfABinaryConfiguration) {
  Reading reading;
  reading.bootstrap.mutable_node()->set_id("a");
  std::string binary = reading.bootstrap.SerializeAsString() + std::string("\xfa\x7f\x01x", 4);
  ASSERT_EQ(Reading().Read(ConfigFormat::kBinary, binary).errors(), "");
  Reading again;
  again.Read(ConfigFormat::kBinary, binary);
  ConfigErrors errors;
  auto ledger = BuildFieldLedger(again.bootstrap, FieldScope(errors), nullptr);
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].field, "envoy.config.bootstrap.v3.Bootstrap#2047");
  EXPECT_EQ(ledger[0].entry_class, LedgerClass::kUnsupported);
}

TEST(Ledger, PolicyDecidesWhatIsRefused) {
  auto entry = [](LedgerClass entry_class) {
    LedgerEntry made;
    made.path = "x";
    made.entry_class = entry_class;
    made.note = "n";
    return made;
  };
  auto refused = [&](LedgerClass entry_class, UnsupportedFields policy) {
    ConfigErrors errors;
    RefuseUnsupported({entry(entry_class)}, policy, errors);
    return !errors.empty();
  };
  EXPECT_FALSE(refused(LedgerClass::kInert, UnsupportedFields::kRefuse));
  EXPECT_TRUE(refused(LedgerClass::kUnsupported, UnsupportedFields::kRefuse));
  EXPECT_FALSE(refused(LedgerClass::kUnsupported, UnsupportedFields::kWarn));
  EXPECT_TRUE(refused(LedgerClass::kGuardsSecurity, UnsupportedFields::kWarn));
  LedgerEntry choice = entry(LedgerClass::kUnsupported);
  EXPECT_TRUE(IsAccepted(choice, UnsupportedFields::kWarn));
  choice.is_choice = true;
  EXPECT_FALSE(IsAccepted(choice, UnsupportedFields::kWarn));
  EXPECT_TRUE(refused(LedgerClass::kUnknownExtension, UnsupportedFields::kWarn));
}

// Every field of `type` that can be set alone is in the ledger or is classified as effective.
void ExpectEveryFieldIsAccountedFor(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    std::unique_ptr<google::protobuf::Message> message = NewMessageOfType(type.full_name());
    const auto& reflection = *message->GetReflection();
    if (field.is_repeated()) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        reflection.AddMessage(message.get(), &field);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        reflection.AddString(message.get(), &field, "x");
      } else {
        continue;
      }
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      reflection.MutableMessage(message.get(), &field);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      reflection.SetBool(message.get(), &field, true);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection.SetString(message.get(), &field, "x");
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      reflection.SetUInt32(message.get(), &field, 1);
    } else {
      continue;
    }
    ConfigErrors errors;
    auto ledger = BuildFieldLedger(*message, FieldScope(errors), nullptr);
    FieldSupport support = SupportTable::Get().Of(field);
    bool effective = support.field_class == FieldClass::kEffective;
    bool some_values = !support.values.empty();
    EXPECT_TRUE(ledger.empty() ? effective : !effective || some_values) << field.full_name();
  }
}

TEST(SupportTable, EveryFieldSetAloneIsEffectiveOrInTheLedger) {
  for (const MessageSupport& message : SupportTable::Get().messages()) {
    const Descriptor* type =
        google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
            std::string(message.name));
    ASSERT_NE(type, nullptr) << message.name;
    ExpectEveryFieldIsAccountedFor(*type);
  }
}

TEST(SupportTable, ItsTextIsUnderstoodAndNamesWhatExists) {
  std::vector<std::string> bad;
  SupportTable table = SupportTable::Parse(SupportTableText(), bad);
  EXPECT_TRUE(bad.empty()) << bad.front();
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const MessageSupport& message : table.messages()) {
    const Descriptor* type = pool->FindMessageTypeByName(std::string(message.name));
    ASSERT_NE(type, nullptr) << message.name;
    std::set<std::string_view> seen;
    for (const auto& [name, support] : message.fields) {
      const FieldDescriptor* field = type->FindFieldByName(std::string(name));
      ASSERT_NE(field, nullptr) << message.name << "." << name;
      EXPECT_TRUE(seen.insert(name).second) << message.name << "." << name << " twice";
      for (std::string_view only : support.only_fields) {
        ASSERT_NE(field->message_type(), nullptr) << field->full_name();
        EXPECT_NE(field->message_type()->FindFieldByName(std::string(only)), nullptr) << only;
      }
      if (field->type() != FieldDescriptor::TYPE_ENUM) continue;
      for (std::string_view value : support.values) {
        EXPECT_NE(field->enum_type()->FindValueByName(std::string(value)), nullptr)
            << field->full_name() << " " << value;
      }
    }
  }
}

// A row that no effective field leads to would promise what nobody can reach.
TEST(SupportTable, EveryMessageIsReached) {
  std::set<std::string_view> reached = {"envoy.config.bootstrap.v3.Bootstrap",
                                        "envoy.service.discovery.v3.DiscoveryResponse"};
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const MessageSupport& message : SupportTable::Get().messages()) {
    if (message.is_extension) reached.insert(message.name);
    const Descriptor* type = pool->FindMessageTypeByName(std::string(message.name));
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (SupportTable::Get().Of(*field).field_class != FieldClass::kEffective) continue;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        reached.insert(field->message_type()->full_name());
      }
    }
  }
  for (const MessageSupport& message : SupportTable::Get().messages()) {
    EXPECT_TRUE(reached.contains(message.name)) << message.name;
  }
}

TEST(SupportTable, MistakesInItsTextAreFound) {
  std::vector<std::string> bad;
  SupportTable table = SupportTable::Parse(
      "+ early\nmessage a.B\n  + x{A,B} y[c,d]\n  ~ z: because\n  ~ w\n  ? v\n  + u{A\n  + t[a}\n"
      "message a.B\n",
      bad);
  EXPECT_EQ(bad, (std::vector<std::string>{"+ early", "~ w", "? v", "+ u{A", "+ t[a}",
                                           "twice: message a.B"}));
}

// Whoever adds an extension brings its messages along, and need not know this table.
TEST(SupportTable, MessagesOutsideOfEnvoysApiAreTheirExtensionsOwn) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("ours.proto");
  file.set_package("sluice.extensions.http.tap.v1");
  google::protobuf::DescriptorProto* message = file.add_message_type();
  message->set_name("Tap");
  google::protobuf::FieldDescriptorProto* field = message->add_field();
  field->set_name("path");
  field->set_number(1);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  google::protobuf::DescriptorPool pool;
  const Descriptor* tap = pool.BuildFile(file)->message_type(0);

  EXPECT_TRUE(SupportTable::Get().HasExtension(tap->full_name()));
  EXPECT_EQ(SupportTable::Get().Of(*tap->field(0)).field_class, FieldClass::kEffective);
  for (const char* other :
       {"udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct",
        "envoy.extensions.filters.http.fault.v3.HTTPFault", "google.rpc.Status"}) {
    EXPECT_FALSE(SupportTable::Get().HasExtension(other)) << other;
  }
}

}  // namespace
}  // namespace sluice
