// What a refusal says for programs, in both dialects.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/xds/discovery_stream.h"
#include "test/harness/fake_control_plane.h"
#include "test/harness/sim_world.h"
#include "test/xds/conversation.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Refuses what begins with "bad", with what it is told.
class RefusingUser final : public ResourceUser {
 public:
  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>&) override {
    std::vector<ResourceError> errors;
    for (const Resource& resource : resources) {
      if (!absl::StartsWith(resource.name, "bad")) continue;
      errors.push_back({resource.name, resource.version, "is bad", mistakes});
    }
    return errors;
  }
  void OnFetchTimeout(const std::string&) override {}
  std::vector<ResourceMistake> mistakes;
};

class RefusalDetails : public testing::TestWithParam<Wire> {
 protected:
  RefusalDetails() {
    const bool is_delta = GetParam() == Wire::kDelta;
    stream_ = std::make_unique<DiscoveryStream>(
        world_.main(), [this] { return control_plane_.MakeChannel(); },
        DiscoveryStream::Settings{
            .dialect = is_delta ? Delta() : StateOfTheWorld(), .is_aggregated = true, .node = {}},
        ControlPlaneStats(world_.stats()));
    stream_->Add(kClusterType, user_, MakeUpdateStats(world_.stats(), "cds."));
    stream_->WantAll(kClusterType, Duration::zero());
    world_.RunUntilIdle();
  }
  static FakeControlPlane::Item Item(const std::string& name, const std::string& inside) {
    envoy::config::cluster::v3::Cluster cluster;
    cluster.set_name(inside);
    google::protobuf::Any body;
    body.PackFrom(cluster);
    return {.name = name, .version = "7", .body = body};
  }
  static FakeControlPlane::Item Item(const std::string& name) { return Item(name, name); }
  std::vector<std::string> Send(std::vector<FakeControlPlane::Item> items) {
    control_plane_.Send({.type = &kClusterType, .version = "7", .resources = std::move(items)});
    world_.RunUntilIdle();
    return control_plane_.TakeRefusalDetails();
  }

  SimWorld world_;
  FakeControlPlane control_plane_{world_.main().loop};
  RefusingUser user_;
  std::unique_ptr<DiscoveryStream> stream_;
};

INSTANTIATE_TEST_SUITE_P(, RefusalDetails, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(RefusalDetails, NameEachMistakeOfEachResource) {
  user_.mistakes = {{"lb_policy", "is not supported", "use ROUND_ROBIN"}, {"", "is no good", ""}};
  EXPECT_THAT(
      Send({Item("bad1"), Item("good"), Item("bad2")}),
      ElementsAre("Cluster bad1 version 7, at lb_policy: is not supported (use ROUND_ROBIN)",
                  "Cluster bad1 version 7: is no good",
                  "Cluster bad2 version 7, at lb_policy: is not supported (use ROUND_ROBIN)",
                  "Cluster bad2 version 7: is no good"));
}

TEST_P(RefusalDetails, AreThereForWhatIsWrongWithTheWrapperToo) {
  EXPECT_THAT(Send({Item("a", "b")}), ElementsAre("Cluster a version 7: is named \"b\" inside"));
}

TEST_P(RefusalDetails, AreNotInAnAnswerThatAccepts) {
  EXPECT_THAT(Send({Item("bad")}), ElementsAre("Cluster bad version 7: is bad"));
  EXPECT_THAT(Send({Item("good")}), IsEmpty());
}

TEST_P(RefusalDetails, EndBeforeTheyAreTooLong) {
  user_.mistakes = {{"name", std::string(1000, 'x'), ""}};
  std::vector<FakeControlPlane::Item> items;
  for (int i = 0; i < 1000; ++i) items.push_back(Item(absl::StrCat("bad", i)));
  const size_t told = Send(std::move(items)).size();
  EXPECT_GT(told, 200u);
  EXPECT_LT(told, 262u);
}

TEST_P(RefusalDetails, AreText) {
  user_.mistakes = {{"name", "\xff!", ""}};
  EXPECT_THAT(Send({Item("bad")}), ElementsAre("Cluster bad version 7, at name: ?!"));
}

}  // namespace
}  // namespace sluice
