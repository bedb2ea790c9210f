// Scenarios in which every I/O call of the proxy fails once, one after the other. What they answer
// may differ each time; that each request ends exactly once, is logged once, and leaves nothing
// behind is checked at the end of every fixture.
#include "gtest/gtest.h"
#include "test/harness/fault_schedule.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using Then = H1Answer::Then;

struct Scenario {
  const char* name;
  void (*run)(FaultSchedule& faults);
};

void Ask(ProxyFixture& proxy, H1Client& client, const std::string& bytes) {
  client.Send(bytes);
  proxy.Run();
}

void KeepAlive(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  for (int i = 0; i < 3; ++i) Ask(proxy, client, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.Advance(seconds(5));
}

void Pipelined(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  proxy.Host(H1Answer::Of(200, "hi"));
  Ask(proxy, proxy.Client(),
      "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: "
      "3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  proxy.Advance(seconds(5));
}

void ChunkedBothWays(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  proxy.Host(H1Answer{
      .bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"});
  H1Client& client = proxy.Client();
  Ask(proxy, client, "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n");
  Ask(proxy, client, "6\r\n there\r\n0\r\n\r\n");
  proxy.Advance(seconds(5));
}

void LargeBodies(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = "per_connection_buffer_limit_bytes: 20000",
                      .cluster = "per_connection_buffer_limit_bytes: 20000",
                      .faults = &faults});
  proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 30000;
  proxy.world().memory().shape(ProxyFixture::HostAddress(0, 0)).buffer_bytes = 30000;
  proxy.Host(H1Answer::Of(200, std::string(100000, 'd')));
  proxy.Client().Post("/", std::string(100000, 'u'));
  proxy.Advance(seconds(60));
}

void StaleConnection(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  int count = 0;
  proxy.Host([&count](const H1Message&) {
    if (++count == 2) return H1Answer{.bytes = "", .then = Then::kReset};
    return H1Answer::Of(200);
  });
  H1Client& client = proxy.Client();
  for (int i = 0; i < 2; ++i) Ask(proxy, client, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.Advance(seconds(5));
}

void HostDiesInItsResponse(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", .then = Then::kFin});
  proxy.Client().Get("/");
  proxy.Advance(seconds(5));
}

void BadRequest(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  H1Client& client = proxy.Client();
  Ask(proxy, client, "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
  Ask(proxy, proxy.Client(), "GET / HTTP/1.1\r\nbad name: 1\r\n\r\n");
  proxy.Advance(seconds(5));
}

void EarlyResponse(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  H1Server& host = proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  Ask(proxy, client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc");
  if (host.connections_open() > 0)
    host.connection(0).Send("HTTP/1.1 401 No\r\ncontent-length: 4\r\n\r\nnope");
  proxy.Run();
  client.Send(std::string(997, 'x'));
  proxy.Advance(seconds(5));
}

void Timeout(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 1s"), {.faults = &faults});
  proxy.Host(H1Answer{.bytes = ""});
  proxy.Client().Get("/");
  proxy.Advance(seconds(5));
}

void Drain(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.workers = 2, .faults = &faults});
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(1)});
  H1Client& busy = proxy.Client();
  proxy.Client();
  Ask(proxy, busy, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  bool empty = false;
  proxy.core().StartDrain([&empty] { empty = true; });
  proxy.Advance(seconds(20));
  EXPECT_TRUE(empty);
}

void ManyForFewConnections(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = R"(
    circuit_breakers: { thresholds: [{ max_connections: 2, max_pending_requests: 2, max_requests: 3 }] })",
                                               .clusters = {{"users", 2}},
                                               .faults = &faults});
  for (int host = 0; host < 2; ++host) {
    proxy.Host(
        H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(1)},
        host);
  }
  for (int i = 0; i < 6; ++i) proxy.Client().Get("/");
  proxy.Advance(seconds(20));
}

void ClientLeaves(FaultSchedule& faults) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.faults = &faults});
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  client.Close();
  proxy.Advance(seconds(5));
}

class Faults : public testing::TestWithParam<Scenario> {};

TEST_P(Faults, LeaveNothingBehind) { EXPECT_GT(RunUnderFaults(GetParam().run), 6u); }

INSTANTIATE_TEST_SUITE_P(
    Scenarios, Faults,
    testing::Values(Scenario{"KeepAlive", KeepAlive}, Scenario{"Pipelined", Pipelined},
                    Scenario{"ChunkedBothWays", ChunkedBothWays},
                    Scenario{"LargeBodies", LargeBodies},
                    Scenario{"StaleConnection", StaleConnection},
                    Scenario{"HostDiesInItsResponse", HostDiesInItsResponse},
                    Scenario{"BadRequest", BadRequest}, Scenario{"EarlyResponse", EarlyResponse},
                    Scenario{"Timeout", Timeout}, Scenario{"Drain", Drain},
                    Scenario{"ManyForFewConnections", ManyForFewConnections},
                    Scenario{"ClientLeaves", ClientLeaves}),
    [](const testing::TestParamInfo<Scenario>& info) { return info.param.name; });

}  // namespace
}  // namespace sluice
