// What is called with all workers' tunnels was destroyed on a worker where that was the slower one;
// it leads to a request of the admin port, which is the main thread's alone.
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

// Notes at the end of the turn whether something is gone.
struct EndOfTurn final : Deferred {
  EndOfTurn(std::weak_ptr<int> watched, bool& gone) : watched(std::move(watched)), gone(gone) {}
  ~EndOfTurn() override { gone = watched.expired(); }
  std::weak_ptr<int> watched;
  bool& gone;
};

TEST(TunnelsAnswerThreadRegression, WhoIsAnsweredGoesInTheTurnOfTheAnswer) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.workers = 2});
  constexpr uint32_t kMain = 2;
  proxy.world().MakeQuick(kMain);
  auto held = std::make_shared<int>(1);
  bool gone = false;
  std::weak_ptr<int> watched = held;
  proxy.core().CollectTunnels([&, held](std::vector<TunnelView>, std::vector<TunnelEndView>) {
    proxy.world().main().loop.DeleteLater(std::make_unique<EndOfTurn>(watched, gone));
  });
  held.reset();
  proxy.Run();
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace sluice
