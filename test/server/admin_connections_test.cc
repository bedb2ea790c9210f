// /connections.
#include <chrono>

#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

class AdminConnections : public AdminFixture {
 protected:
  void SetUp() override {
    connections = {{.id = 7,
                    .listener = "web",
                    .chain = "tls",
                    .version = "3",
                    .client = "10.0.0.1:4711",
                    .protocol = "HTTP/2",
                    .age = milliseconds(12'500),
                    .requests = 2,
                    .tunnels = 1},
                   {.listener = "tcp",
                    .client = "10.0.0.2:4712",
                    .age = milliseconds(90'000),
                    .tunnels = 1,
                    .leaving = true}};
  }
  const std::string first_ =
      "web::10.0.0.1:4711::version::3::chain::tls::age_s::12::requests::2::tunnels::1::leaving::"
      "false\n";
  const std::string second_ =
      "tcp::10.0.0.2:4712::version::::chain::::age_s::90::requests::0::tunnels::1::leaving::true\n";
};

TEST_F(AdminConnections, ALineForEach) { EXPECT_EQ(Get("/connections").body, first_ + second_); }

TEST_F(AdminConnections, AreFiltered) {
  EXPECT_EQ(Get("/connections?listener=web").body, first_);
  EXPECT_EQ(Get("/connections?version=3").body, first_);
  EXPECT_EQ(Get("/connections?leaving").body, second_);
  EXPECT_EQ(Get("/connections?min_age_s=13").body, second_);
  EXPECT_EQ(Get("/connections?listener=none").body, "");
}

TEST_F(AdminConnections, AsJson) {
  const AdminResponse page = Get("/connections?format=json&listener=web");
  EXPECT_EQ(page.content_type, AdminResponse::kJson);
  EXPECT_EQ(page.body, R"({
 "connections": [
  {
   "id": "7",
   "listener": "web",
   "filter_chain": "tls",
   "version": "3",
   "client": "10.0.0.1:4711",
   "protocol": "HTTP/2",
   "age_seconds": 12.5,
   "requests": 2,
   "tunnels": 1
  }
 ]
}
)");
}

}  // namespace
}  // namespace sluice
