#include "test/xds/conversation.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "gtest/gtest.h"
#include "source/xds/discovery_stream.h"
#include "test/harness/fake_control_plane.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

const ResourceType& TypeOf(absl::string_view name) {
  return name == "Cluster" ? kClusterType : kEndpointType;
}

google::protobuf::Any BodyOf(const ResourceType& type, const std::string& name) {
  google::protobuf::Any body;
  if (&type == &kClusterType) {
    envoy::config::cluster::v3::Cluster cluster;
    cluster.set_name(name);
    body.PackFrom(cluster);
  } else {
    envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
    assignment.set_cluster_name(name);
    body.PackFrom(assignment);
  }
  return body;
}

// Notes what it is told.
class NotingUser final : public ResourceUser {
 public:
  NotingUser(std::string kind, std::vector<std::string>& notes)
      : kind_(std::move(kind)), notes_(notes) {}

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override {
    std::vector<ResourceError> errors;
    std::string line = kind_;
    for (const Resource& resource : resources) {
      absl::StrAppend(&line, " ", resource.name, "=", resource.version);
      if (absl::StartsWith(resource.name, "bad")) {
        errors.push_back({resource.name, resource.version, "name: is bad"});
      }
    }
    for (const std::string& name : gone) absl::StrAppend(&line, " -", name);
    notes_.push_back(line);
    return errors;
  }
  void OnFetchTimeout(const std::string& name) override {
    notes_.push_back(absl::StrCat(kind_, " timeout ", name.empty() ? "*" : name));
  }

 private:
  const std::string kind_;
  std::vector<std::string>& notes_;
};

class Player {
 public:
  explicit Player(Wire wire) : wire_(wire) {
    stream_.Add(kClusterType, clusters_, MakeUpdateStats(world_.stats(), "cds."));
    stream_.Add(kEndpointType, endpoints_, MakeUpdateStats(world_.stats(), "eds."));
  }

  void Play(const std::string& script) {
    for (absl::string_view line : absl::StrSplit(script, '\n')) {
      line = absl::StripAsciiWhitespace(line);
      const bool for_sotw = absl::ConsumePrefix(&line, "sotw:");
      const bool for_delta = absl::ConsumePrefix(&line, "delta:");
      if (for_sotw && wire_ == Wire::kDelta) continue;
      if (for_delta && wire_ == Wire::kStateOfTheWorld) continue;
      line = absl::StripAsciiWhitespace(line);
      if (line.empty()) continue;
      if (absl::ConsumePrefix(&line, "> ")) {
        expected_requests_.emplace_back(line);
      } else if (absl::ConsumePrefix(&line, "user> ")) {
        expected_notes_.emplace_back(line);
      } else {
        // What is wanted in one turn is asked for in one.
        const bool goes_on = absl::StartsWith(line, "want ") && absl::StartsWith(step_, "want ") &&
                             expected_requests_.empty() && expected_notes_.empty();
        if (!goes_on) Compare();
        step_ = std::string(line);
        Do(line);
      }
    }
    Compare();
  }

 private:
  static Duration ReadSeconds(absl::string_view text) {
    int seconds = 0;
    EXPECT_TRUE(absl::SimpleAtoi(absl::StripSuffix(text, "s"), &seconds)) << text;
    return std::chrono::seconds(seconds);
  }

  void Do(absl::string_view line) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words[0] == "<") return Send(words);
    if (words[0] == "wait") return world_.Advance(ReadSeconds(words[1]));
    if (words[0] == "end") return control_plane_.End();
    if (words[0] == "down" || words[0] == "up") return control_plane_.SetDown(words[0] == "down");
    const ResourceType& type = TypeOf(words[1]);
    if (words[0] == "unwant") return stream_.Unwant(type, words[2]);
    if (words[0] == "rewant") {
      stream_.Unwant(type, words[2]);
      return stream_.Want(type, words[2], Duration::zero());
    }
    ASSERT_EQ(words[0], "want");
    const Duration time = words.size() > 4 ? ReadSeconds(words[4]) : Duration::zero();
    if (words[2] == "*") return stream_.WantAll(type, time);
    stream_.Want(type, words[2], time);
  }

  void Send(const std::vector<std::string>& words) {
    FakeControlPlane::Answer answer{.type = &TypeOf(words[1]), .version = words[2]};
    for (size_t i = 3; i < words.size(); ++i) {
      if (words[i][0] == '-') {
        if (wire_ == Wire::kDelta) answer.removed.push_back(words[i].substr(1));
        continue;
      }
      answer.resources.push_back(ReadItem(*answer.type, words[i]));
    }
    control_plane_.Send(answer);
  }

  static FakeControlPlane::Item ReadItem(const ResourceType& type, absl::string_view word) {
    FakeControlPlane::Item item;
    if (const size_t at = word.find('~'); at != word.npos) {
      item.ttl_s = static_cast<int>(ReadSeconds(word.substr(at + 1)) / std::chrono::seconds(1));
      word = word.substr(0, at);
    }
    std::optional<std::string> inner;
    if (const size_t at = word.find('('); at != word.npos) {
      inner = std::string(absl::StripSuffix(word.substr(at + 1), ")"));
      word = word.substr(0, at);
    }
    const std::pair<std::string, std::string> parts = absl::StrSplit(word, '=');
    item.name = parts.first;
    item.version = parts.second;
    if (inner != "") item.body = BodyOf(type, inner.value_or(item.name));
    return item;
  }

  void Compare() {
    world_.RunUntilIdle();
    EXPECT_EQ(absl::StrJoin(control_plane_.TakeRequests(), "\n"),
              absl::StrJoin(expected_requests_, "\n"))
        << "asked after: " << step_;
    EXPECT_EQ(absl::StrJoin(notes_, "\n"), absl::StrJoin(expected_notes_, "\n"))
        << "told after: " << step_;
    expected_requests_.clear();
    expected_notes_.clear();
    notes_.clear();
  }

  static envoy::config::core::v3::Node Node() {
    envoy::config::core::v3::Node node;
    node.set_id("me");
    return node;
  }

  const Wire wire_;
  SimWorld world_;
  FakeControlPlane control_plane_{world_.main().loop};
  std::vector<std::string> notes_, expected_notes_, expected_requests_;
  NotingUser clusters_{"Cluster", notes_}, endpoints_{"ClusterLoadAssignment", notes_};
  DiscoveryStream stream_{world_.main(),
                          [this] { return control_plane_.MakeChannel(); },
                          {.dialect = wire_ == Wire::kDelta ? Delta() : StateOfTheWorld(),
                           .is_aggregated = true,
                           .node = Node()},
                          ControlPlaneStats(world_.stats())};
  std::string step_ = "the beginning";
};

}  // namespace

void PlayConversation(const std::string& script, Wire wire) { Player(wire).Play(script); }

}  // namespace sluice
