#include "source/listener/listeners_by_address.h"

#include "test/listener/listener_fixture.h"

namespace sluice {
namespace {

class ListenersByAddressTest : public ListenerTest {
 protected:
  std::unique_ptr<WorkerListener> Make() {
    std::string errors;
    return std::make_unique<WorkerListener>(world_.worker(), Parse(Chain("a"), &errors),
                                            WorkerListener::Place{});
  }
  static Address At(const std::string& ip, uint16_t port) { return *Address::FromIp(ip, port); }
};

TEST_F(ListenersByAddressTest, TheAddressItselfGoesBeforeAnyAddressWithItsPort) {
  const auto exact = Make(), any = Make(), any6 = Make();
  ListenersByAddress listeners;
  EXPECT_EQ(listeners.Find(At("10.0.0.1", 80)), nullptr);
  listeners.Add(At("10.0.0.1", 80), *exact);
  listeners.Add(At("0.0.0.0", 80), *any);
  listeners.Add(At("::", 80), *any6);
  EXPECT_EQ(listeners.Find(At("10.0.0.1", 80)), exact.get());
  EXPECT_EQ(listeners.Find(At("10.0.0.2", 80)), any.get());
  EXPECT_EQ(listeners.Find(At("2001:db8::1", 80)), any6.get());
  EXPECT_EQ(listeners.Find(At("10.0.0.1", 81)), nullptr);
}

TEST_F(ListenersByAddressTest, TheFirstOfAnAddressCounts) {
  const auto first = Make(), second = Make();
  ListenersByAddress listeners;
  listeners.Add(At("10.0.0.1", 80), *first);
  listeners.Add(At("10.0.0.1", 80), *second);
  EXPECT_EQ(listeners.Find(At("10.0.0.1", 80)), first.get());
}

}  // namespace
}  // namespace sluice
