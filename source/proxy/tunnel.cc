#include "source/proxy/tunnel.h"

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// RFC 6455 section 7.4.1; 1012 is of the registry that its section 11.7 has opened.
constexpr uint16_t kAbnormal = 1006;
struct CloseCounter {
  uint16_t code;
  Counter WebSocketStats::*counter;
};
constexpr CloseCounter kCloseCounters[] = {
    {1000, &WebSocketStats::closed_normal},
    {1001, &WebSocketStats::closed_going_away},
    {1002, &WebSocketStats::closed_protocol_error},
    {FrameHeaderReader::kNoCloseCode, &WebSocketStats::closed_no_code},
    {kAbnormal, &WebSocketStats::closed_abnormal},
    {1008, &WebSocketStats::closed_policy},
    {1009, &WebSocketStats::closed_too_big},
    {1011, &WebSocketStats::closed_internal_error},
    {1012, &WebSocketStats::closed_service_restart},
};

std::string AddressText(const Address* address) {
  return address == nullptr ? std::string() : address->text();
}

TunnelEnder EnderOf(FrameMeter::From from) {
  return from == FrameMeter::From::kClient ? TunnelEnder::kClient : TunnelEnder::kUpstream;
}

}  // namespace

WebSocketStats::WebSocketStats(StatsRegistry& registry, absl::string_view stat_prefix) {
  const auto counter = [&](absl::string_view name) {
    return registry.GetCounter(absl::StrCat("http.", stat_prefix, ".websocket.", name));
  };
  const auto side = [&](absl::string_view name) {
    return Side{.text_messages = counter(absl::StrCat(name, "_text_messages")),
                .binary_messages = counter(absl::StrCat(name, "_binary_messages")),
                .pings = counter(absl::StrCat(name, "_pings")),
                .pongs = counter(absl::StrCat(name, "_pongs")),
                .violations = counter(absl::StrCat(name, "_protocol_violations"))};
  };
  rx = side("rx");
  tx = side("tx");
  for (const CloseCounter& row : kCloseCounters)
    this->*row.counter = counter(absl::StrCat("close_", row.code));
  closed_other = counter("close_other");
  proxy_pings = counter("proxy_pings");
  ended_by_client = counter("ended_by_client");
  ended_by_upstream = counter("ended_by_upstream");
  ended_by_proxy = counter("ended_by_proxy");
}

Tunnel::Tunnel(ProxyWorker& worker, Arena& arena, const WebSocketStats& stats, StreamInfo& info,
               const UpgradeRequest& upgrade, const WebSocketPolicy& policy)
    : worker_(worker),
      stats_(stats),
      info_(info),
      upgrade_(upgrade),
      policy_(policy),
      arena_(arena) {
  if (policy.follow_frames) {
    // RSV1 may be permessage-deflate's (RFC 7692 section 6): the handshake is not looked at for it.
    constexpr uint8_t kRsv1 = 4;
    frames_.emplace(kRsv1);
    facts_.frames = &*frames_;
    if (policy.acts()) MakeWarden();
  }
  info_.tunnel = &facts_;
  worker_.tunnels().Add(*this);
}

Tunnel::~Tunnel() {
  Unlink();
  info_.tunnel = nullptr;
}

End Tunnel::Take(From from, Buffer& data, End end) {
  if (frames_.has_value()) {
    const FrameMeter::Counts before = frames_->counts(from);
    if (warden_ != nullptr) {
      end = warden_->Take(from, data, end);
    } else {
      const MonotonicTime now = worker_.context().loop.now();
      data.ForEachPiece([&](absl::string_view piece) { frames_->OnBytes(from, piece, now); });
    }
    if (frames_->counts(from).frames != before.frames) CountFrames(from, before);
    NoteClosing();
    if (facts_.close_code == 0 && frames_->first_close().has_value()) {
      facts_.close_code = frames_->first_close()->code;
      SetEnder(EnderOf(frames_->first_close()->from));
    }
  }
  if (end == End::kYes) OnEnd(from);
  return end;
}

void Tunnel::OnEnd(From from) {
  SetEnder(EnderOf(from));
  (from == From::kClient ? client_ended_ : upstream_ended_) = true;
  if (closing()) warden_->OnEnded(from);
}

// ---- What the proxy itself does.

void Tunnel::MakeWarden() {
  warden_.reset(arena_.New<WebSocketWarden>(policy_, *frames_, worker_.context()));
  if (client_ended_) warden_->OnEnded(From::kClient);
  if (upstream_ended_) warden_->OnEnded(From::kServer);
}

void Tunnel::StartWatch() {
  if (info_.upstream_host == nullptr) return host_.reset();
  worker_.clusters().Watch(*host_, info_.upstream_cluster, *info_.upstream_host);
  OnHost();
}

End Tunnel::TakeOwn(From from, Buffer& out) {
  const uint32_t pings = warden_->pings();
  const End end = warden_->TakeOwn(from, out);
  if (warden_->pings() != pings) stats_.proxy_pings.Add(worker_.context().stats);
  return end;
}

bool Tunnel::Close(absl::string_view details) {
  if (!frames_.has_value()) return false;
  if (warden_ == nullptr) MakeWarden();
  info_.response_code_details = details;
  warden_->Close();
  NoteClosing();
  return true;
}

bool Tunnel::OnTime(bool client_is_paused, bool upstream_is_paused) {
  const bool goes_on = warden_->OnTime(client_is_paused, upstream_is_paused);
  NoteClosing();
  return goes_on;
}

void Tunnel::NoteClosing() {
  if (!closing()) return;
  SetEnder(TunnelEnder::kProxy);
  if (facts_.close_code == 0) facts_.close_code = warden_->code();
  if (!warden_->details().empty()) info_.response_code_details = warden_->details();
}

void Tunnel::CountFrames(From from, const FrameMeter::Counts& before) {
  const FrameMeter::Counts& counts = frames_->counts(from);
  const WebSocketStats::Side& stats = from == From::kClient ? stats_.rx : stats_.tx;
  StatCells& cells = worker_.context().stats;
  const auto add = [&cells](const Counter& counter, auto now, decltype(now) then) {
    now -= then;  // in its own width: some begin again
    if (now != 0) counter.Add(cells, now);
  };
  add(stats.text_messages, counts.text_messages, before.text_messages);
  add(stats.binary_messages, counts.binary_messages, before.binary_messages);
  add(stats.pings, counts.pings, before.pings);
  add(stats.pongs, counts.pongs, before.pongs);
  add(stats.violations, counts.violations, before.violations);
}

void Tunnel::Finish() {
  StatCells& cells = worker_.context().stats;
  if (frames_.has_value()) {
    if (facts_.close_code == 0) facts_.close_code = kAbnormal;
    const Counter* counter = &stats_.closed_other;
    for (const CloseCounter& row : kCloseCounters) {
      if (row.code == facts_.close_code) counter = &(stats_.*row.counter);
    }
    counter->Add(cells);
    if (facts_.ended_by == TunnelEnder::kClient) stats_.ended_by_client.Add(cells);
    if (facts_.ended_by == TunnelEnder::kUpstream) stats_.ended_by_upstream.Add(cells);
    if (facts_.ended_by == TunnelEnder::kProxy) stats_.ended_by_proxy.Add(cells);
  }
  const EventLoop& loop = worker_.context().loop;
  worker_.tunnels().NoteEnd(*this, loop.now(), worker_.context().loop.wall_now());
}

void Tunnel::Describe(MonotonicTime now, TunnelView& view) const {
  view.id = info_.stream_id;
  view.type.assign(upgrade_.type);
  view.route.assign(info_.route_name);
  view.cluster.assign(info_.upstream_cluster);
  const Address* const client =
      info_.downstream == nullptr ? nullptr : &info_.downstream->remote_address();
  view.client = AddressText(client);
  view.upstream = AddressText(info_.upstream_host);
  view.age = now - info_.start;
  view.bytes_received = info_.request_body_bytes;
  view.bytes_sent = info_.response_body_bytes;
  view.followed = frames_.has_value();
  if (!view.followed) return;
  const FrameMeter::Counts& rx = frames_->counts(From::kClient);
  const FrameMeter::Counts& tx = frames_->counts(From::kServer);
  view.messages_received = rx.text_messages + rx.binary_messages;
  view.messages_sent = tx.text_messages + tx.binary_messages;
  view.pings_received = rx.pings;
  view.pings_sent = tx.pings;
  view.violations = rx.violations + tx.violations;
  view.upstream_round_trip = frames_->ping_round_trip(From::kClient).value_or(Duration{-1});
  view.downstream_round_trip = frames_->ping_round_trip(From::kServer).value_or(Duration{-1});
}

absl::string_view Tunnel::first_violation() const {
  if (!frames_.has_value()) return {};
  FrameViolation violation = frames_->counts(From::kClient).first_violation;
  if (violation == FrameViolation::kNone)
    violation = frames_->counts(From::kServer).first_violation;
  return FrameViolationText(violation);
}

}  // namespace sluice
