#include "test/harness/fault_schedule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice {
namespace {

TEST(FaultSchedule, EachCallFailsOnceThenARunIsUntouched) {
  const Address server = Address::FromIp("10.0.0.1", 80).value();
  std::vector<std::string> results;
  const uint64_t runs = RunUnderFaults([&](FaultSchedule& faults) {
    SimWorld world;
    std::unique_ptr<MemoryPeer> peer;
    world.memory().Serve(server, [&](std::unique_ptr<MemoryPeer> p) { peer = std::move(p); });
    faults.Arm(world);
    std::unique_ptr<IoHandle> io = world.network().Connect(world.poller(), server, SocketOptions());
    world.RunUntilIdle();
    std::string result = io->ConnectError() != 0 ? "refused" : "";
    if (result.empty()) {
      char bytes[] = "bytes";
      const iovec piece = {bytes, 5};
      const IoResult written = io->Write(absl::MakeConstSpan(&piece, 1));
      result = written.state == IoResult::State::kOk ? std::to_string(written.bytes) : "failed";
    }
    results.push_back(result + (faults.happened() ? "!" : ""));
  });
  EXPECT_EQ(runs, 6);
  EXPECT_EQ(results, (std::vector<std::string>{"refused!", "failed!", "5", "5!", "1!", "5"}));
}

}  // namespace
}  // namespace sluice
