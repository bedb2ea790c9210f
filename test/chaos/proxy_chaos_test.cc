// The whole proxy between clients and hosts that do at random what peers do: ask, pipeline, dawdle,
// stop reading, reset, refuse, answer nonsense; it drains at some time. Whatever happens: each
// request ends exactly once and has its line in the log, counters of what is open return to zero
// (ProxyFixture::End checks), no worker holds more than its limits allow, nothing is left over, and
// the same seed takes the same course.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using Then = H1Answer::Then;

constexpr uint64_t kSeeds = 400;
constexpr int kSteps = 80;
constexpr int kHosts = 3;
constexpr size_t kClientsMax = 12;
constexpr size_t kLimit = 32 * 1024;
// Of each client: both directions' limit, and a read and a write beyond it on either side.
constexpr size_t kBlocksMax = kClientsMax * (2 * kLimit + 4 * 128 * 1024) / (16 * 1024);

H1Answer RandomAnswer(Random& random) {
  H1Answer answer = H1Answer::Of(
      200, std::string(random.Below(3) == 0 ? random.Below(200000) : random.Below(100), 'd'));
  answer.delay = milliseconds(random.Below(4) == 0 ? random.Below(3000) : 0);
  switch (random.Below(14)) {
    case 0:
      answer.bytes.clear();
      break;
    case 1:
      answer.bytes = "rubbish\r\n\r\n";
      break;
    case 2:
      answer.bytes.resize(random.Below(answer.bytes.size()));
      answer.then = Then::kFin;
      break;
    case 3:
      answer.bytes.resize(random.Below(answer.bytes.size()));
      answer.then = Then::kReset;
      break;
    case 4:
      answer.then = Then::kFin;
      break;
    case 5:
      answer.bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n";
      break;
    case 6:
      answer.bytes = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
      answer.then = Then::kFin;
      break;
    case 7:
      answer.bytes =
          "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 None\r\nconnection: close\r\n\r\n";
      break;
    default:
      break;
  }
  return answer;
}

std::string RandomRequest(Random& random) {
  const std::string body(random.Below(5) == 0 ? random.Below(150000) : random.Below(50), 'u');
  switch (random.Below(12)) {
    case 0:
      return "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    case 1:
      return absl::StrCat("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ", body.size() + 5,
                          "\r\n\r\n", body);
    case 2:
      return "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n";
    case 3:
      return "GET / HTTP/1.1\r\nbad name: 1\r\n\r\n";
    case 4:
      return "GET / HTT";
    case 5:
      return "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: "
             "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    case 6:
    case 7:
      return absl::StrCat("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ", body.size(), "\r\n\r\n",
                          body);
    default:
      return "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  }
}

LinkShape BadShape(Random& random) {
  LinkShape shape;
  shape.latency = milliseconds(random.Below(3) * random.Below(20));
  shape.buffer_bytes = 2000 + random.Below(100000);
  if (random.Below(3) == 0) shape.read_bytes_max = 1000 + random.Below(5000);
  if (random.Below(3) == 0) shape.write_bytes_max = 1000 + random.Below(5000);
  shape.refuse = random.Below(12) == 0;
  shape.black_hole = random.Below(12) == 0;
  return shape;
}

void ActOnClients(ProxyFixture& proxy, std::vector<H1Client*>& clients, Random& random) {
  if (clients.empty() || (clients.size() < kClientsMax && random.Below(4) == 0))
    clients.push_back(&proxy.Client());
  const size_t index = random.Below(clients.size());
  H1Client& client = *clients[index];
  switch (random.Below(16)) {
    case 0:
      client.Close();
      clients.erase(clients.begin() + static_cast<ptrdiff_t>(index));
      break;
    case 1:
      client.peer().Reset();
      client.Close();
      clients.erase(clients.begin() + static_cast<ptrdiff_t>(index));
      break;
    case 2:
      client.peer().SendFin();
      client.Close();
      clients.erase(clients.begin() + static_cast<ptrdiff_t>(index));
      break;
    case 3:
      client.peer().StopReading();
      break;
    case 4:
      client.peer().ReadOn();
      break;
    default:
      client.Send(RandomRequest(random));
      break;
  }
}

std::string RunSeed(uint64_t seed) {
  FastRandom random(seed);
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 4s\nidle_timeout: 3s"),
                     {.workers = 1 + static_cast<uint32_t>(random.Below(3)),
                      .seed = seed,
                      .manager = "request_headers_timeout: 2s\nrequest_timeout: 5s",
                      .listener = "per_connection_buffer_limit_bytes: 32768",
                      .cluster = R"(
                        per_connection_buffer_limit_bytes: 32768
                        circuit_breakers:
                          thresholds: [{ max_connections: 4, max_pending_requests: 2, max_requests: 4 }])",
                      .clusters = {{"users", kHosts}}});
  proxy.world().memory().shape(proxy.listener_address()).buffer_bytes = 3000 + random.Below(100000);
  std::vector<H1Server*> hosts;
  for (int i = 0; i < kHosts; ++i) {
    proxy.world().memory().shape(ProxyFixture::HostAddress(0, i)) = BadShape(random);
    hosts.push_back(&proxy.Host([&random](const H1Message&) { return RandomAnswer(random); }, i));
  }
  std::vector<H1Client*> clients;
  const uint64_t drain_at = random.Below(2 * kSteps);
  for (uint64_t step = 0; step < kSteps; ++step) {
    ActOnClients(proxy, clients, random);
    H1Server& host = *hosts[random.Below(kHosts)];
    if (random.Below(15) == 0) host.CloseAll();
    if (random.Below(15) == 0) host.ResetAll();
    if (step == drain_at) proxy.core().StartDrain([] {});
    proxy.Advance(milliseconds(random.Below(3) == 0 ? random.Below(1500) : random.Below(10)));
    for (uint32_t worker = 0; worker < proxy.world().workers().size(); ++worker) {
      EXPECT_LE(proxy.world().worker(worker).slabs.blocks_in_use(), kBlocksMax);
    }
  }
  proxy.Advance(std::chrono::seconds(30));
  std::string course = absl::StrJoin(proxy.LogLines(), "\n");
  proxy.End();
  return course;
}

TEST(ProxyChaos, EveryCourseKeepsTheRules) {
  std::string all;
  for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    absl::StrAppend(&all, RunSeed(seed), "\n");
  }
  // It has been everywhere.
  for (const char* line : {"200 - ", "204 - ", "400 DPE", "408 ", "502 UPE", "503 UC", "503 UF",
                           "503 UO", "200 UT", "504 SI", "0 DC", "200 DC", "200 UC"}) {
    EXPECT_NE(all.find(line), std::string::npos) << line;
  }
  EXPECT_GT(std::count(all.begin(), all.end(), '\n'), 10 * kSeeds);
}

TEST(ProxyChaos, TheSameSeedTakesTheSameCourse) {
  for (uint64_t seed = 1; seed <= 5; ++seed) EXPECT_EQ(RunSeed(seed), RunSeed(seed)) << seed;
}

}  // namespace
}  // namespace sluice
