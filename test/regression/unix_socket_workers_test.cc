// Each worker bound a Unix socket of its own at the same path: the last one took it away from the
// others, and of an abstract name the second bind failed.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

TEST(UnixSocketWorkersRegression, AllWorkersShareTheOneSocket) {
  for (const std::string path : {"@sluice", "/run/sluice.sock"}) {
    ProxyFixture proxy(
        ProxyFixture::ToUsers(),
        {.workers = 3,
         .listener = absl::StrCat("additional_addresses: [{ address: { pipe: { path: \"", path,
                                  "\" } } }]")});
    proxy.Host(H1Answer::Of(200, "hi"));
    std::vector<std::unique_ptr<MemoryPeer>> clients;
    for (int i = 0; i < 6; ++i) {
      clients.push_back(proxy.world().memory().Dial(*Address::FromUnixPath(path)));
      clients.back()->Send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    }
    proxy.Run();
    for (const auto& client : clients) {
      EXPECT_TRUE(absl::StartsWith(client->received(), "HTTP/1.1 200")) << path;
    }
  }
}

}  // namespace
}  // namespace sluice
