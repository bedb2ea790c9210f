#include "examples/control_plane/asked.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace control_plane {
namespace {

namespace discovery = envoy::service::discovery::v3;
using testing::ElementsAre;
using testing::IsEmpty;

ItemsOfKind Have(const std::vector<std::string>& names) {
  ItemsOfKind items;
  for (const std::string& name : names) {
    google::protobuf::Any body;
    body.set_value(name);
    items.emplace(name, MakeItem(body));
  }
  return items;
}

// What a proxy that names these is sent, one word for each; it has read the last answer.
class Whole {
 public:
  size_t Ask(const std::vector<std::string>& names, const ItemsOfKind& items) {
    discovery::DiscoveryRequest request;
    request.set_response_nonce(nonce_);
    for (const std::string& name : names) request.add_resource_names(name);
    asked_.Take(request);
    const auto response = asked_.Owed("type", items);
    if (!response.has_value()) return 0;
    nonce_ = response->nonce();
    return static_cast<size_t>(response->resources_size());
  }

 private:
  AskedWhole asked_;
  std::string nonce_;
};

TEST(AskedTest, WithoutNamesAllIsWanted) {
  Whole whole;
  EXPECT_EQ(whole.Ask({}, Have({"a", "b"})), 2u);
}

TEST(AskedTest, WhoHasNamedSomeAndNamesNoneWantsNone) {
  Whole whole;
  EXPECT_EQ(whole.Ask({"a"}, Have({"a", "b"})), 1u);
  EXPECT_EQ(whole.Ask({}, Have({"a", "b"})), 0u);
  // And goes on so with what it says to the answer.
  EXPECT_EQ(whole.Ask({}, Have({"a", "b"})), 0u);
  EXPECT_EQ(whole.Ask({"b"}, Have({"a", "b"})), 1u);
}

TEST(AskedTest, WhatIsGoneIsSaidToBeRemovedOnce) {
  AskedChanges asked;
  discovery::DeltaDiscoveryRequest request;
  request.add_resource_names_subscribe("a");
  request.add_resource_names_subscribe("b");
  asked.Take(request);
  const auto first = asked.Owed("type", Have({"a"}));
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(first->removed_resources(), ElementsAre("b"));
  const auto second = asked.Owed("type", Have({}));
  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(second->removed_resources(), ElementsAre("a"));
  EXPECT_FALSE(asked.Owed("type", Have({})).has_value());
  const auto third = asked.Owed("type", Have({"a"}));
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->resources_size(), 1);
  EXPECT_THAT(third->removed_resources(), IsEmpty());
}

}  // namespace
}  // namespace control_plane
