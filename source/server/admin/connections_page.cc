#include "source/server/admin/connections_page.h"

#include <chrono>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sluice/admin/v1/connections.pb.h"
#include "source/server/admin/proto_json.h"

namespace sluice {
namespace {

namespace pb = ::sluice::admin::v1;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

bool IsWanted(const AdminQuery& query, const ConnectionView& connection) {
  if (query.Has("listener") && *query.Get("listener") != connection.listener) return false;
  if (query.Has("version") && *query.Get("version") != connection.version) return false;
  if (query.Has("leaving") && !connection.leaving) return false;
  double min_age_s = 0;
  if (query.Has("min_age_s") && !absl::SimpleAtod(*query.Get("min_age_s"), &min_age_s))
    return false;
  return Seconds(connection.age) >= min_age_s;
}

// "main::10.0.0.1:4711::version::3::chain::web::age_s::12::requests::1::tunnels::0::leaving::false"
void AppendLine(const ConnectionView& view, std::string& text) {
  const auto age = std::chrono::floor<std::chrono::seconds>(view.age).count();
  absl::StrAppend(&text, view.listener, "::", view.client, "::version::", view.version,
                  "::chain::", view.chain, "::age_s::", age, "::requests::", view.requests);
  absl::StrAppend(&text, "::tunnels::", view.tunnels,
                  "::leaving::", view.leaving ? "true" : "false", "\n");
}

void Show(const ConnectionView& view, pb::Connection& connection) {
  connection.set_id(view.id);
  connection.set_listener(view.listener);
  connection.set_filter_chain(view.chain);
  connection.set_version(view.version);
  connection.set_client(view.client);
  connection.set_protocol(view.protocol);
  connection.set_age_seconds(Seconds(view.age));
  connection.set_requests(view.requests);
  connection.set_tunnels(view.tunnels);
  connection.set_leaving(view.leaving);
}

}  // namespace

AdminResponse ConnectionsPage(const AdminQuery& query,
                              const std::vector<ConnectionView>& connections) {
  pb::Connections page;
  AdminResponse text;
  const bool json = query.Get("format") == "json";
  for (const ConnectionView& view : connections) {
    if (!IsWanted(query, view)) continue;
    json ? Show(view, *page.add_connections()) : AppendLine(view, text.body);
  }
  return json ? ProtoJson(page) : text;
}

}  // namespace sluice
