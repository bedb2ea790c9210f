#include "source/server/admin/tunnels_page.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/numbers.h"
#include "sluice/admin/v1/tunnels.pb.h"
#include "source/server/admin/proto_json.h"

namespace sluice {
namespace {

namespace pb = ::sluice::admin::v1;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

bool IsWanted(const AdminQuery& query, const TunnelView& tunnel) {
  if (query.Has("route") && *query.Get("route") != tunnel.route) return false;
  if (query.Has("cluster") && *query.Get("cluster") != tunnel.cluster) return false;
  double min_age_s = 0;
  if (query.Has("min_age_s") && !absl::SimpleAtod(*query.Get("min_age_s"), &min_age_s))
    return false;
  return Seconds(tunnel.age) >= min_age_s;
}

void Show(const TunnelView& view, pb::Tunnel& tunnel) {
  tunnel.set_id(view.id);
  tunnel.set_type(view.type);
  tunnel.set_route(view.route);
  tunnel.set_cluster(view.cluster);
  tunnel.set_client(view.client);
  tunnel.set_upstream(view.upstream);
  tunnel.set_age_seconds(Seconds(view.age));
  tunnel.set_bytes_received(view.bytes_received);
  tunnel.set_bytes_sent(view.bytes_sent);
  if (!view.followed) return;
  pb::WebSocket& websocket = *tunnel.mutable_websocket();
  websocket.set_messages_received(view.messages_received);
  websocket.set_messages_sent(view.messages_sent);
  websocket.set_pings_received(view.pings_received);
  websocket.set_pings_sent(view.pings_sent);
  websocket.set_protocol_violations(view.violations);
  if (view.upstream_round_trip >= Duration{0})
    websocket.set_upstream_ping_rtt_ms(Seconds(view.upstream_round_trip) * 1000);
  if (view.downstream_round_trip >= Duration{0})
    websocket.set_downstream_ping_rtt_ms(Seconds(view.downstream_round_trip) * 1000);
}

}  // namespace

AdminResponse TunnelsPage(const AdminQuery& query, const std::vector<TunnelView>& tunnels) {
  pb::Tunnels page;
  for (const TunnelView& view : tunnels) {
    if (IsWanted(query, view)) Show(view, *page.add_tunnels());
  }
  return ProtoJson(page);
}

AdminResponse ClosesPage(const AdminQuery& query, std::vector<TunnelEndView> ends) {
  std::stable_sort(ends.begin(), ends.end(),
                   [](const TunnelEndView& a, const TunnelEndView& b) { return a.at > b.at; });
  pb::Closes page;
  for (const TunnelEndView& end : ends) {
    if (!IsWanted(query, end.tunnel)) continue;
    pb::Close& close = *page.add_closes();
    close.set_time(TimeText(end.at));
    close.set_code(end.close_code);
    close.set_ended_by(std::string(TunnelEnderText(end.ended_by)));
    close.set_details(end.details);
    close.set_violation(end.violation);
    Show(end.tunnel, *close.mutable_tunnel());
  }
  return ProtoJson(page);
}

}  // namespace sluice
