#include "source/xds/rest_source.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "source/xds/intake.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Notes what it is told; refuses what is named "bad".
class NotingUser final : public ResourceUser {
 public:
  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override {
    std::vector<ResourceError> errors;
    std::string line;
    for (const Resource& resource : resources) {
      absl::StrAppend(&line, resource.name, "=", resource.version, " ");
      if (resource.name == "bad") errors.push_back({"bad", resource.version, "is bad"});
    }
    for (const std::string& name : gone) absl::StrAppend(&line, "-", name, " ");
    notes.push_back(line);
    return errors;
  }
  void OnFetchTimeout(const std::string& name) override {
    notes.push_back(absl::StrCat("timeout ", name));
  }
  std::vector<std::string> notes;
};

class RestSourceTest : public testing::Test {
 protected:
  struct Call final : RestCall {
    explicit Call(int& open) : open(open) { ++open; }
    ~Call() override { --open; }
    int& open;
  };

  RestSourceTest() { source_.Add(kClusterType, user_, MakeUpdateStats(world_.stats(), "cds.")); }

  RestPost Post() {
    return [this](const std::string& path, std::string body,
                  std::function<void(absl::StatusOr<RestAnswer>)> on_answer) {
      envoy::service::discovery::v3::DiscoveryRequest request;
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(body, &request).ok()) << body;
      std::string line = absl::StrCat(path, " ", request.node().id());
      for (const std::string& name : request.resource_names()) absl::StrAppend(&line, " ", name);
      if (!request.version_info().empty())
        absl::StrAppend(&line, " version ", request.version_info());
      if (request.has_error_detail())
        absl::StrAppend(&line, " refuses ", request.error_detail().message());
      polls_.push_back(line);
      on_answer_ = std::move(on_answer);
      return std::make_unique<Call>(open_);
    };
  }
  void Answer(int status, const std::string& body = "") {
    ASSERT_EQ(open_, 1);
    std::exchange(on_answer_, nullptr)(RestAnswer{status, body});
    world_.RunUntilIdle();
  }
  static std::string Clusters(const std::string& version, const std::vector<std::string>& names) {
    std::string body = absl::StrCat("{\"version_info\":\"", version, "\",\"resources\":[");
    const char* between = "";
    for (const std::string& name : names) {
      absl::StrAppend(&body, std::exchange(between, ","), "{\"@type\":\"", kClusterType.url,
                      "\",\"name\":\"", name, "\"}");
    }
    return body + "]}";
  }
  void Advance(int seconds) { world_.Advance(std::chrono::seconds(seconds)); }
  std::vector<std::string> Polls() { return std::exchange(polls_, {}); }
  std::vector<std::string> Notes() { return std::exchange(user_.notes, {}); }
  int64_t Stat(const std::string& name) { return world_.stats().Value("cds." + name); }
  static envoy::config::core::v3::Node Node() {
    envoy::config::core::v3::Node node;
    node.set_id("me");
    return node;
  }

  SimWorld world_;
  NotingUser user_;
  std::vector<std::string> polls_;
  int open_ = 0;
  std::function<void(absl::StatusOr<RestAnswer>)> on_answer_;
  RestSource source_{
      world_.main(), Post(), {Node(), std::chrono::seconds(5), std::chrono::seconds(1)}};
};

TEST_F(RestSourceTest, AskingForNothingPollsNothing) {
  Advance(60);
  EXPECT_THAT(Polls(), IsEmpty());
}

TEST_F(RestSourceTest, PollsAfterEachDelayWithTheVersionThatItHas) {
  source_.WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(Polls(), ElementsAre("/v3/discovery:clusters me"));
  Answer(200, Clusters("1", {"a", "b"}));
  EXPECT_THAT(Notes(), ElementsAre("a=1 b=1 "));
  Advance(4);
  EXPECT_THAT(Polls(), IsEmpty());
  Advance(1);
  EXPECT_THAT(Polls(), ElementsAre("/v3/discovery:clusters me version 1"));
  Answer(304);
  EXPECT_THAT(Notes(), IsEmpty());
  Advance(5);
  Answer(200, Clusters("2", {"b"}));
  EXPECT_THAT(Notes(), ElementsAre("b=2 -a "));
  EXPECT_EQ(Stat("update_success"), 2);
  EXPECT_EQ(Stat("update_attempt"), 3);
}

TEST_F(RestSourceTest, ANameThatIsAddedIsAskedForAtOnceAndWithoutAVersion) {
  source_.Want(kClusterType, "a", Duration::zero());
  world_.RunUntilIdle();
  Answer(200, Clusters("1", {"a"}));
  source_.Want(kClusterType, "b", Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(Polls(), ElementsAre("/v3/discovery:clusters me a", "/v3/discovery:clusters me a b"));
}

TEST_F(RestSourceTest, ANameThatIsAddedWhileAPollIsUnderWayFollowsIt) {
  source_.Want(kClusterType, "a", Duration::zero());
  world_.RunUntilIdle();
  source_.Want(kClusterType, "b", Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(Polls(), SizeIs(1));
  Answer(200, Clusters("1", {"a"}));
  EXPECT_THAT(Polls(), ElementsAre("/v3/discovery:clusters me a b"));
}

TEST_F(RestSourceTest, WhatFailsIsTriedAgainAndChangesNothing) {
  source_.WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  Answer(500);
  Advance(5);
  Answer(200, "{ no JSON");
  Advance(5);
  Advance(1);  // no answer in time
  EXPECT_EQ(open_, 0);
  Advance(5);
  EXPECT_THAT(Polls(), SizeIs(4));
  EXPECT_THAT(Notes(), IsEmpty());
  EXPECT_EQ(Stat("update_failure"), 2);
  EXPECT_EQ(Stat("update_rejected"), 1);
  Answer(200, Clusters("1", {"a"}));
  EXPECT_THAT(Notes(), ElementsAre("a=1 "));
}

TEST_F(RestSourceTest, ARefusalKeepsTheVersionAndIsToldWithTheNextPoll) {
  source_.WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  Answer(200, Clusters("1", {"a"}));
  Advance(5);
  Answer(200, Clusters("2", {"a", "bad"}));
  Polls();
  Advance(5);
  EXPECT_THAT(Polls(), ElementsAre("/v3/discovery:clusters me version 1 refuses Cluster \"bad\": "
                                   "is bad"));
  EXPECT_EQ(Stat("update_rejected"), 1);
}

TEST_F(RestSourceTest, OthersHaveTheirTurnsWhileManyAreTaken) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(absl::StrCat("c", i));
  names[500] = "bad";
  source_.WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  size_t turns = 0;
  const std::function<void()> other = [&] {
    if (Stat("update_rejected") > 0) return;
    ++turns;
    world_.main().loop.Post(other);
  };
  world_.main().loop.Post(other);
  Polls();
  Answer(200, Clusters("1", names));
  // Between any two parts; the first and the last are a matter of who comes first in a turn.
  constexpr size_t kPart = Intake::kPartResources;
  EXPECT_GE(turns, 1000 / kPart - 1);
  EXPECT_THAT(Notes(), SizeIs((1000 + kPart - 1) / kPart));
  EXPECT_THAT(Polls(), IsEmpty());
  Advance(5);
  EXPECT_THAT(Polls(), ElementsAre(HasSubstr("refuses Cluster \"bad\": is bad")));
  names.pop_back();
  Answer(200, Clusters("2", names));
  EXPECT_THAT(Notes().front(), HasSubstr("-c999 "));
}

TEST_F(RestSourceTest, FieldsOfALaterApiAreNoMistakes) {
  source_.WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  Answer(200, "{\"versionInfo\":\"1\",\"fromTomorrow\":{},\"resources\":[]}");
  EXPECT_EQ(Stat("update_success"), 1);
}

TEST_F(RestSourceTest, TheFirstIsWaitedForNoLongerThanItsTime) {
  source_.Want(kClusterType, "a", std::chrono::seconds(8));
  world_.RunUntilIdle();
  Answer(200, Clusters("1", {}));
  Advance(9);
  EXPECT_THAT(Notes(), ElementsAre("", "timeout a"));
  EXPECT_EQ(Stat("init_fetch_timeout"), 1);
}

TEST_F(RestSourceTest, WhatNobodyWantsAnyMoreIsNotPolledFor) {
  source_.Want(kClusterType, "a", Duration::zero());
  world_.RunUntilIdle();
  Answer(200, Clusters("1", {"a"}));
  Polls();
  source_.Unwant(kClusterType, "a");
  Advance(60);
  EXPECT_THAT(Polls(), IsEmpty());
}

}  // namespace
}  // namespace sluice
