#include "test/harness/listener_filter_tester.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/base/check.h"

namespace sluice {
namespace {

std::string FactsText(const AcceptedFacts& facts) {
  std::string text;
  if (facts.transport == DetectedTransport::kTls) absl::StrAppend(&text, " tls");
  if (facts.transport == DetectedTransport::kRawBuffer) absl::StrAppend(&text, " raw");
  if (!facts.server_name.empty()) absl::StrAppend(&text, " sni=", facts.server_name);
  if (!facts.application_protocols.empty()) {
    absl::StrAppend(&text, " alpn=", absl::StrJoin(facts.application_protocols, ","));
  }
  if (facts.remote_address.family() != Address::Family::kNone) {
    absl::StrAppend(&text, " remote=", facts.remote_address.text());
  }
  if (facts.local_address.family() != Address::Family::kNone) {
    absl::StrAppend(&text, " local=", facts.local_address.text());
  }
  for (const ProxyProtocolTlv& tlv : facts.tlvs) {
    absl::StrAppend(&text, " tlv", tlv.type, "=", tlv.value);
  }
  for (const DynamicMetadata& entry : facts.metadata) {
    absl::StrAppend(&text, " ", entry.space, ":", entry.key, "=", entry.value);
  }
  return text;
}

}  // namespace

ListenerFilterTester::ListenerFilterTester(const std::vector<Make>& filters)
    : address_(*Address::FromIp("10.9.9.9", 80)) {
  auto config = std::make_shared<ListenerConfig>(ListenerStats(world_.stats(), "test"));
  config->address = address_;
  for (const Make& make : filters) {
    config->listener_filters.emplace_back().factory = make(world_.stats());
  }
  auto chain = std::make_shared<FilterChain>();
  chain->downstream = std::make_unique<RecordingDownstreamFactory>("chain", taken_);
  config->filter_chains.default_chain = std::move(chain);
  auto socket = world_.network().Listen(world_.worker().loop.poller(), address_, config->listen);
  SLUICE_CHECK(socket.ok());
  listener_ = std::make_unique<WorkerListener>(world_.worker(), std::move(config),
                                               WorkerListener::Place{.socket = std::move(*socket)});
  listener_->Start();
}

ListenerFilterTester::~ListenerFilterTester() {
  listener_.reset();
  world_.RunUntilIdle();
}

std::string ListenerFilterTester::Outcome(const MemoryPeer& peer) const {
  if (taken_.empty()) return peer.got_fin() || peer.got_reset() ? "closed" : "waiting";
  const Taken& taken = *taken_.front();
  return absl::StrCat("passed", FactsText(*taken.accepted), " |", taken.bytes.empty() ? "" : " ",
                      taken.bytes);
}

std::string ListenerFilterTester::Pieces(const std::vector<std::string>& pieces) {
  taken_.clear();
  auto peer = world_.memory().Dial(address_);
  world_.RunUntilIdle();
  for (const std::string& piece : pieces) {
    if (!piece.empty()) peer->Send(piece);
    world_.RunUntilIdle();
  }
  const std::string outcome = Outcome(*peer);
  peer.reset();
  world_.RunUntilIdle();
  return outcome;
}

std::string ListenerFilterTester::ByteByByte(absl::string_view bytes) {
  std::vector<std::string> pieces;
  for (const char byte : bytes) pieces.emplace_back(1, byte);
  return Pieces(pieces);
}

std::string ListenerFilterTester::HoweverCut(const std::string& bytes) {
  const std::string whole = Whole(bytes);
  EXPECT_EQ(ByteByByte(bytes), whole) << "byte by byte";
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    const std::string in_two = Pieces({bytes.substr(0, cut), bytes.substr(cut)});
    EXPECT_EQ(in_two, whole) << "cut at " << cut;
    if (in_two != whole) break;
  }
  return whole;
}

std::string ListenerFilterTester::WithFin(const std::string& bytes) {
  taken_.clear();
  auto peer = world_.memory().Dial(address_);
  peer->Send(bytes);
  peer->SendFin();
  world_.RunUntilIdle();
  const std::string outcome = Outcome(*peer);
  peer.reset();
  world_.RunUntilIdle();
  return outcome;
}

}  // namespace sluice
