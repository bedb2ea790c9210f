// /tunnels and /closes.
#include <chrono>

#include "absl/strings/match.h"
#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TunnelView WebSocketView(uint64_t id, const std::string& cluster, Duration age) {
  TunnelView view{.id = id,
                  .type = "websocket",
                  .route = "chat",
                  .cluster = cluster,
                  .client = "10.0.0.9:1234",
                  .upstream = "10.0.0.1:80",
                  .age = age};
  view.bytes_received = 7;
  view.followed = true;
  view.messages_received = 3;
  view.upstream_round_trip = milliseconds(12);
  return view;
}

class AdminTunnels : public AdminFixture {};

TEST_F(AdminTunnels, ShowsWhatIsKnownOfEach) {
  tunnels.open = {WebSocketView(5, "users", seconds(90))};
  const AdminResponse page = Get("/tunnels");
  EXPECT_EQ(page.content_type, AdminResponse::kJson);
  EXPECT_EQ(page.body, R"({
 "tunnels": [
  {
   "id": "5",
   "type": "websocket",
   "route": "chat",
   "cluster": "users",
   "client": "10.0.0.9:1234",
   "upstream": "10.0.0.1:80",
   "age_seconds": 90,
   "bytes_received": "7",
   "websocket": {
    "messages_received": "3",
    "upstream_ping_rtt_ms": 12
   }
  }
 ]
}
)");
}

TEST_F(AdminTunnels, AreFilteredByRouteClusterAndAge) {
  tunnels.open = {WebSocketView(1, "users", seconds(10)), WebSocketView(2, "other", seconds(100))};
  EXPECT_TRUE(absl::StrContains(Get("/tunnels?cluster=users").body, "\"id\": \"1\""));
  EXPECT_FALSE(absl::StrContains(Get("/tunnels?cluster=users").body, "\"id\": \"2\""));
  EXPECT_FALSE(absl::StrContains(Get("/tunnels?min_age_s=50").body, "\"id\": \"1\""));
  EXPECT_TRUE(absl::StrContains(Get("/tunnels?min_age_s=50").body, "\"id\": \"2\""));
  EXPECT_EQ(Get("/tunnels?route=none").body, "{}\n");
}

TEST_F(AdminTunnels, ClosesComeLatestFirstWithTheirCause) {
  TunnelEndView old{.tunnel = WebSocketView(1, "users", seconds(1)),
                    .at = WallTime(seconds(1)),
                    .close_code = 1000,
                    .ended_by = TunnelEnder::kClient,
                    .details = "via_upstream"};
  TunnelEndView latest{.tunnel = WebSocketView(2, "users", seconds(1)),
                       .at = WallTime(milliseconds(2500)),
                       .close_code = 1006,
                       .ended_by = TunnelEnder::kProxy,
                       .details = "stream_idle_timeout",
                       .violation = "not_masked"};
  tunnels.ends = {old, latest};
  const std::string body = Get("/closes").body;
  EXPECT_TRUE(absl::StrContains(body, R"("time": "1970-01-01T00:00:02.500Z",
   "code": 1006,
   "ended_by": "proxy",
   "details": "stream_idle_timeout",
   "violation": "not_masked",)"))
      << body;
  EXPECT_LT(body.find("\"id\": \"2\""), body.find("\"id\": \"1\""));
}

}  // namespace
}  // namespace sluice
