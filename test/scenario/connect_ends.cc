#include "test/scenario/connect_ends.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace sluice {

TunnelPeer::TunnelPeer(std::unique_ptr<MemoryPeer> peer, EndWire wire, H2Endpoint::Role role)
    : has_heads_(wire.has_value()) {
  if (wire != Wire::kHttp2) {
    h1_ = std::move(peer);
  } else {
    h2_ = std::make_unique<H2Endpoint>(std::move(peer), role, H2PeerOptions{});
    if (role == H2Endpoint::Role::kClient) stream_ = 1;
  }
}

void TunnelPeer::SendHead(const BridgeFields& fields) {
  if (h2_ != nullptr) return h2_->SendHead(stream_, fields, End::kNo);
  std::string method, target, host, text;
  for (const auto& [name, value] : fields) {
    if (name == ":status") absl::StrAppend(&text, "HTTP/1.1 ", value, " Whatever\r\n");
    if (name == ":method") method = value;
    if (name == ":authority") host = value;
    if (name == ":path") target = value;
  }
  if (!method.empty()) {
    absl::StrAppend(&text, method, " ", target.empty() ? host : target, " HTTP/1.1\r\nhost: ", host,
                    "\r\n");
  }
  for (const auto& [name, value] : fields) {
    if (name[0] != ':') absl::StrAppend(&text, name, ": ", value, "\r\n");
  }
  h1_->Send(text + "\r\n");
}

void TunnelPeer::Send(absl::string_view bytes) {
  h2_ == nullptr ? h1_->Send(bytes) : h2_->SendData(stream_, bytes, End::kNo);
}

void TunnelPeer::Finish() {
  h2_ == nullptr ? h1_->SendFin() : h2_->SendData(stream_, "", End::kYes);
}

void TunnelPeer::Reset() {
  constexpr uint32_t kConnectError = 10;
  h2_ == nullptr ? h1_->Reset() : h2_->Reset(stream_, kConnectError);
}

const H2Message& TunnelPeer::message() {
  if (stream_ == 0 && !h2_->messages().empty()) stream_ = h2_->messages().begin()->first;
  return h2_->message(stream_);
}

bool TunnelPeer::has_head() {
  if (h2_ != nullptr) return !message().head.empty();
  return has_heads_ && head_size() != std::string::npos;
}

std::string TunnelPeer::Get(absl::string_view name) {
  if (h2_ != nullptr) return message().Get(name);
  if (!has_head()) return "";
  const std::vector<std::string> lines =
      absl::StrSplit(h1_->received().substr(0, head_size()), "\r\n");
  const std::vector<std::string> words = absl::StrSplit(lines[0], ' ');
  if (name == ":method" || name == ":authority" || name == ":status") {
    const bool second = name != ":method";
    return words.size() < 2 ? "" : words[second ? 1 : 0];
  }
  for (const std::string& line : lines) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    if (absl::AsciiStrToLower(field.first) == name) return field.second;
  }
  return "";
}

std::string TunnelPeer::bytes() {
  if (h2_ != nullptr) return message().body;
  if (!has_heads_) return h1_->received();
  return has_head() ? h1_->received().substr(head_size() + 4) : "";
}

bool TunnelPeer::ended() {
  if (h2_ == nullptr) return closed();
  return message().complete || message().reset.has_value() || closed();
}

bool TunnelPeer::was_reset() {
  return peer().got_reset() || (h2_ != nullptr && message().reset.has_value());
}

uint32_t TunnelPeer::reset_code() { return h2_ == nullptr ? 0 : message().reset.value_or(0); }

void TunnelPeer::OnActivity(std::function<void()> call) {
  h2_ == nullptr ? h1_->OnActivity(std::move(call)) : h2_->OnActivity(std::move(call));
}

std::unique_ptr<TunnelPeer> ConnectClient(ProxyFixture& proxy, EndWire wire) {
  return std::make_unique<TunnelPeer>(DialProxy(proxy), wire, H2Endpoint::Role::kClient);
}

void AskToConnect(TunnelPeer& client, const std::string& authority, const BridgeFields& more) {
  BridgeFields fields = {{":method", "CONNECT"}, {":authority", authority}};
  fields.insert(fields.end(), more.begin(), more.end());
  client.SendHead(fields);
}

ConnectHost::ConnectHost(ProxyFixture& proxy, EndWire wire)
    : wire_(wire),
      ends_(proxy, ProxyFixture::HostAddress(0, 0),
            [this](std::unique_ptr<MemoryPeer> peer) { return MakeEnd(std::move(peer)); }) {}

std::unique_ptr<TunnelPeer> ConnectHost::MakeEnd(std::unique_ptr<MemoryPeer> peer) {
  auto made = std::make_unique<TunnelPeer>(std::move(peer), wire_, H2Endpoint::Role::kServer);
  made->OnActivity([this, &end = *made, answered = std::make_shared<bool>(false)] {
    if (*answered || !end.has_head() || answer_.empty()) return;
    *answered = true;
    end.SendHead(answer_);
    if (!behind_.empty()) end.Send(behind_);
    if (wire_ == Wire::kHttp2 && answer_[0].second[0] != '2') end.Finish();
  });
  return made;
}

// ---- What every tunnel owes its ends.

namespace {

void ExpectNothingIsLeft(ProxyFixture& proxy) {
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_upgrades_active"), 0);
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_active"), 0);
  EXPECT_EQ(proxy.LogLines().size(), 1u);
}

}  // namespace

void ExpectEachEndClosesItsOwnSide(ProxyFixture& proxy, TunnelPeer& first, TunnelPeer& second) {
  first.Send("last words");
  first.Finish();
  proxy.Run();
  EXPECT_EQ(second.bytes(), "last words");
  EXPECT_TRUE(second.ended());
  EXPECT_FALSE(first.ended());
  const std::string rest = Numbered(300'000);
  second.Send(rest.substr(0, 200'000));
  proxy.Run();
  first.peer().StopReading();
  second.Send(rest.substr(200'000));
  second.Finish();
  proxy.Run();
  first.peer().ReadOn();
  proxy.Run();
  EXPECT_TRUE(first.bytes() == rest);
  EXPECT_TRUE(first.ended());
  EXPECT_FALSE(first.was_reset());
  EXPECT_FALSE(second.was_reset());
  ExpectNothingIsLeft(proxy);
}

void ExpectAResetReaches(ProxyFixture& proxy, TunnelPeer& from, TunnelPeer& to) {
  from.Reset();
  proxy.Run();
  EXPECT_TRUE(to.was_reset());
  ExpectNothingIsLeft(proxy);
}

void ExpectAStalledEndHoldsABoundedAmount(ProxyFixture& proxy, TunnelPeer& stalled,
                                          TunnelPeer& sender) {
  const std::string bytes = Numbered(4'000'000);
  stalled.peer().StopReading();
  sender.Send(bytes);
  proxy.Run();
  EXPECT_LT(proxy.world().worker().slabs.blocks_in_use(), 200u);
  stalled.peer().ReadOn();
  proxy.Run();
  EXPECT_TRUE(stalled.bytes() == bytes);
}

}  // namespace sluice
