// How fast a control plane is asked, in both dialects.
#include "source/xds/request_rate.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/xds/discovery_stream.h"
#include "test/harness/fake_control_plane.h"
#include "test/harness/sim_world.h"
#include "test/xds/conversation.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MonotonicTime At(Duration since) { return MonotonicTime(std::chrono::hours(1) + since); }

TEST(RequestRate, ABurstAtOnceAndThenAsTheBucketFills) {
  RequestRate rate({.burst = 2, .per_second = 4});
  EXPECT_TRUE(rate.Take(At(seconds(0))));
  EXPECT_TRUE(rate.Take(At(seconds(0))));
  EXPECT_FALSE(rate.Take(At(seconds(0))));
  EXPECT_EQ(rate.Wait(), milliseconds(251));
  EXPECT_FALSE(rate.Take(At(milliseconds(249))));
  EXPECT_TRUE(rate.Take(At(milliseconds(251))));
  EXPECT_FALSE(rate.Take(At(milliseconds(251))));
}

TEST(RequestRate, ABucketHoldsNoMoreThanABurst) {
  RequestRate rate({.burst = 2, .per_second = 4});
  EXPECT_TRUE(rate.Take(At(seconds(0))));
  EXPECT_TRUE(rate.Take(At(seconds(100))));
  EXPECT_TRUE(rate.Take(At(seconds(100))));
  EXPECT_FALSE(rate.Take(At(seconds(100))));
}

class QuietUser final : public ResourceUser {
 public:
  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>&) override {
    taken += resources.size();
    return {};
  }
  void OnFetchTimeout(const std::string&) override {}
  size_t taken = 0;
};

class RequestRateTest : public testing::TestWithParam<Wire> {
 protected:
  void Open(RequestRate::Settings rate) {
    const bool is_delta = GetParam() == Wire::kDelta;
    stream_ = std::make_unique<DiscoveryStream>(
        world_.main(), [this] { return control_plane_.MakeChannel(); },
        DiscoveryStream::Settings{.dialect = is_delta ? Delta() : StateOfTheWorld(),
                                  .is_aggregated = true,
                                  .node = {},
                                  .rate = rate},
        ControlPlaneStats(world_.stats()));
    stream_->Add(kEndpointType, user_, MakeUpdateStats(world_.stats(), "eds."));
  }
  void Want(const std::string& name) {
    stream_->Want(kEndpointType, name, Duration::zero());
    world_.RunUntilIdle();
  }
  // An assignment of "a", of another version each time.
  void Send() {
    envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
    assignment.set_cluster_name("a");
    google::protobuf::Any body;
    body.PackFrom(assignment);
    const std::string version = absl::StrCat(++version_);
    control_plane_.Send({.type = &kEndpointType,
                         .version = version,
                         .resources = {{.name = "a", .version = version, .body = body}}});
    world_.RunUntilIdle();
  }
  int64_t Stat(const std::string& name) { return world_.stats().Value("control_plane." + name); }

  SimWorld world_;
  FakeControlPlane control_plane_{world_.main().loop};
  QuietUser user_;
  std::unique_ptr<DiscoveryStream> stream_;
  int version_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, RequestRateTest, testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(RequestRateTest, WhatIsTooMuchWaitsAndThenGoesInOrder) {
  Open({.burst = 2, .per_second = 1});
  Want("a");
  Send();
  EXPECT_THAT(control_plane_.TakeRequests(), SizeIs(2));
  Send();
  Send();
  EXPECT_THAT(control_plane_.TakeRequests(), IsEmpty());
  EXPECT_EQ(user_.taken, 3u);  // what comes is in use at once
  EXPECT_EQ(Stat("pending_requests"), 2);
  EXPECT_EQ(Stat("rate_limit_enforced"), 2);
  world_.Advance(milliseconds(1100));
  EXPECT_THAT(control_plane_.TakeRequests(), ElementsAre(testing::HasSubstr("nonce n2")));
  EXPECT_EQ(Stat("pending_requests"), 1);
  world_.Advance(milliseconds(1100));
  EXPECT_THAT(control_plane_.TakeRequests(), ElementsAre(testing::HasSubstr("nonce n3")));
  EXPECT_EQ(Stat("pending_requests"), 0);
}

TEST_P(RequestRateTest, ANameThatIsDroppedAndWantedAgainIsHeardOfAsBoth) {
  Open({.burst = 1, .per_second = 1});
  Want("a");
  control_plane_.TakeRequests();
  stream_->Unwant(kEndpointType, "a");
  Want("a");
  world_.Advance(seconds(3));
  EXPECT_THAT(control_plane_.TakeRequests(), SizeIs(2));
}

TEST_P(RequestRateTest, WhatWaitsEndsWithItsStream) {
  Open({.burst = 1, .per_second = 0.1});
  Want("a");
  Send();
  EXPECT_EQ(Stat("pending_requests"), 1);
  control_plane_.TakeRequests();
  control_plane_.End();
  world_.Advance(seconds(30));
  // The next stream asks for all anew, when it may.
  EXPECT_THAT(control_plane_.TakeRequests(), SizeIs(1));
  EXPECT_EQ(Stat("pending_requests"), 0);
}

TEST_P(RequestRateTest, AServerThatCannotBeAnsweredFastEnoughIsLeft) {
  Open({.burst = 1, .per_second = 0.001});
  Want("a");
  for (int i = 0; i < 1000; ++i) Send();
  EXPECT_EQ(control_plane_.streams(), 1u);
  EXPECT_EQ(Stat("pending_requests"), 1000);
  for (int i = 0; i < 3 && control_plane_.streams() > 0; ++i) Send();
  EXPECT_EQ(control_plane_.streams(), 0u);
}

TEST_P(RequestRateTest, WithoutALimitNothingWaits) {
  Open({.burst = 1000, .per_second = 1});
  Want("a");
  for (int i = 0; i < 200; ++i) Send();
  EXPECT_THAT(control_plane_.TakeRequests(), SizeIs(201));
  EXPECT_EQ(Stat("rate_limit_enforced"), 0);
}

}  // namespace
}  // namespace sluice
