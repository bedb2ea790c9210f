// What a request on keep-alive connections may cost the proxy with three filters, in steady state:
// the numbers of allocations_per_request.json. To raise one needs a decision note.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "test/harness/alloc_counter.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kThreeFilters[] = R"(
- name: first
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations:
      request_mutations:
      - remove: x-debug
      - append: { header: { key: x-path, value: "%REQ(:PATH)% of %DOWNSTREAM_REMOTE_ADDRESS%" } }
      response_mutations:
      - append: { header: { key: x-added, value: "a text that fits no small string at all" } }
- name: second
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
    max_request_bytes: 100000
- name: third
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations:
      response_mutations:
      - remove: x-internal
)";

const google::protobuf::Struct& Budget() {
  static const auto* const budget = [] {
    std::ifstream file("test/budget/allocations_per_request.json");
    std::stringstream text;
    text << file.rdbuf();
    auto* parsed = new google::protobuf::Struct;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text.str(), parsed).ok());
    return parsed;
  }();
  return *budget;
}

uint64_t AllocationsAllowed(const std::string& of) {
  const auto& allowed = Budget().fields().at("allocations").struct_value().fields();
  return static_cast<uint64_t>(allowed.at(of).number_value());
}

struct Kind {
  std::string name;
  std::string request;
  std::string response_body;
};

const Kind kKinds[] = {
    {"get", "GET /a/path HTTP/1.1\r\nhost: a\r\nx-debug: 1\r\nuser-agent: test\r\n\r\n", "hi"},
    {"post", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n" + std::string(1000, 'x'),
     "hi"},
    {"chunked_post",
     "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n" +
         std::string(1000, 'x') + "\r\n0\r\n\r\n",
     "hi"},
    {"large_response", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", std::string(60'000, 'y')},
};

// Runs the world; counts what the worker allocates, and not what the ends of the test do.
uint64_t AllocationsOfWorker(ProxyFixture& proxy) {
  uint64_t count = 0;
  for (bool ran = true; ran;) {
    ran = proxy.world().memory().Pump();
    ran |= proxy.world().main().loop.TurnWithoutWaiting();
    const AllocCounter counter;
    ran |= proxy.world().worker().loop.TurnWithoutWaiting();
    count += counter.count();
  }
  return count;
}

TEST(RequestBudget, AllocationsAreAsInTheFile) {
  for (const Kind& kind : kKinds) {
    ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kThreeFilters, .log = ""});
    proxy.Host(H1Answer::Of(200, kind.response_body, {"x-internal: 1"}));
    H1Client& client = proxy.Client();
    const auto exchange = [&] {
      client.Send(kind.request);
      return AllocationsOfWorker(proxy);
    };
    for (int i = 0; i < 10; ++i) exchange();  // pools and vectors have grown
    ASSERT_EQ(client.responses().size(), 10);
    ASSERT_EQ(client.response(9).status(), 200) << kind.name;
    uint64_t count = 0;
    for (int i = 0; i < 100; ++i) count += exchange();
    EXPECT_LE(count, 100 * AllocationsAllowed(kind.name)) << kind.name;
    EXPECT_EQ(client.responses().size(), 110);
  }
}

// An attempt to count nothing would pass the test above.
TEST(RequestBudget, TheFirstRequestAllocates) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kThreeFilters, .log = ""});
  proxy.Host(H1Answer::Of(200));
  proxy.Client().Send(kKinds[0].request);
  EXPECT_GT(AllocationsOfWorker(proxy), 0);
}

TEST(RequestBudget, OneReadAndOneWriteForEachSideAndMessage) {
  const auto reads =
      static_cast<uint64_t>(Budget().fields().at("reads_of_one_side").number_value());
  const auto writes =
      static_cast<uint64_t>(Budget().fields().at("writes_of_one_side").number_value());
  for (const Kind& kind : kKinds) {
    if (kind.name == "large_response") continue;  // fits no buffer
    ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = kThreeFilters, .log = ""});
    proxy.Host(H1Answer::Of(200, kind.response_body));
    H1Client& client = proxy.Client();
    client.Send(kind.request);
    proxy.Run();
    IoCounts& downstream = proxy.world().memory().accepted(proxy.listener_address());
    IoCounts& upstream = proxy.world().memory().connected(ProxyFixture::HostAddress(0, 0));
    downstream = upstream = {};
    for (int i = 0; i < 10; ++i) {
      client.Send(kind.request);
      proxy.Run();
    }
    ASSERT_EQ(client.responses().size(), 11) << kind.name;
    for (const IoCounts* side : {&downstream, &upstream}) {
      EXPECT_LE(side->reads, 10 * reads) << kind.name << (side == &upstream ? " upstream" : "");
      EXPECT_LE(side->writes, 10 * writes) << kind.name << (side == &upstream ? " upstream" : "");
    }
  }
}

}  // namespace
}  // namespace sluice
