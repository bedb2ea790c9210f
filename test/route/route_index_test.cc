// The compiled index against a walk along the list, on seeded random tables and requests.
#include "source/route/route_index.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "source/base/arena.h"
#include "source/base/random.h"

namespace sluice {
namespace {

// Few letters, so that paths collide, nest, and differ in case only.
std::string RandomPath(FastRandom& random, size_t bytes_max) {
  constexpr absl::string_view kLetters = "/ab/AB";
  std::string path = "/";
  const size_t bytes = random.Below(bytes_max);
  while (path.size() < bytes) path += kLetters[random.Below(kLetters.size())];
  return path;
}

RoutePredicate RandomPredicate(FastRandom& random) {
  using Kind = PathMatch::Kind;
  RoutePredicate predicate;
  constexpr Kind kKinds[] = {Kind::kPrefix,          Kind::kPrefix, Kind::kExact,  Kind::kExact,
                             Kind::kSeparatedPrefix, Kind::kRegex,  Kind::kConnect};
  predicate.path.kind = kKinds[random.Below(std::size(kKinds))];
  predicate.path.case_rule = random.Below(3) == 0 ? CaseRule::kIgnore : CaseRule::kExact;
  predicate.path.text = RandomPath(random, 8);
  if (predicate.path.kind == Kind::kPrefix && random.Below(20) == 0) predicate.path.text.clear();
  if (predicate.path.kind == Kind::kSeparatedPrefix) predicate.path.text += 'a';
  if (predicate.path.kind == Kind::kRegex) {
    predicate.path.regex = std::make_shared<const re2::RE2>(predicate.path.text + "[ab]*");
  }
  if (random.Below(3) == 0) {
    predicate.conditions.headers.push_back({HeaderKey("x-h"), HeaderMatch::Presence{true}});
  }
  if (random.Below(4) == 0) predicate.conditions.fraction = Fraction{500'000};
  if (random.Below(8) == 0) predicate.conditions.query.push_back({"q", true, std::nullopt});
  return predicate;
}

uint32_t FindInList(const std::vector<RoutePredicate>& list, const RouteRequest& request) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    if (list[i].Matches(request)) return i;
  }
  return RouteIndex::kNone;
}

TEST(RouteIndex, AgreesWithAWalkAlongTheList) {
  FastRandom random(20261121);
  int found = 0;
  for (int table = 0; table < 400; ++table) {
    std::vector<RoutePredicate> list;
    const uint64_t size = random.Below(table % 2 == 0 ? 8 : 80);
    for (uint64_t i = 0; i < size; ++i) list.push_back(RandomPredicate(random));
    const RouteIndex index(list);
    for (int i = 0; i < 100; ++i) {
      Arena arena;
      Headers headers(arena);
      headers.Add(":method", random.Below(6) == 0 ? "CONNECT" : "GET");
      const std::string path = RandomPath(random, 12);
      if (random.Below(20) != 0) headers.Add(":path", path + (random.Below(3) == 0 ? "?q" : ""));
      if (random.Below(2) == 0) headers.Add("x-h", "1");
      const RouteRequest request(headers, random.Next());
      const uint32_t expected = FindInList(list, request);
      ASSERT_EQ(index.Find(request), expected) << "table " << table << ", path " << path;
      found += expected != RouteIndex::kNone;
    }
  }
  EXPECT_GT(found, 10'000);  // else the tables say nothing
  EXPECT_LT(found, 39'000);
}

// Keys that are prefixes of each other nest as deep as there are keys.
TEST(RouteIndex, DeepNesting) {
  std::vector<RoutePredicate> list(5000);
  for (size_t i = 0; i < list.size(); ++i) {
    list[i].path.text = "/" + std::string(list.size() - i, 'a');
  }
  const RouteIndex index(list);
  Arena arena;
  Headers headers(arena);
  headers.Add(":path", "/" + std::string(1234, 'a') + "b");
  EXPECT_EQ(index.Find(RouteRequest(headers, 0)), list.size() - 1234);
}

TEST(PathTrie, EveryByteMayBranch) {
  std::vector<PathTrie::Key> keys;
  for (int c = 0; c < 256; ++c) {
    keys.push_back({std::string("/") + static_cast<char>(c), PathTrie::Ending::kEnd,
                    static_cast<uint32_t>(c), false});
  }
  const PathTrie trie(keys, CaseRule::kExact);
  for (const PathTrie::Key& key : keys) {
    EXPECT_EQ(trie.Walk(key.text, PathTrie::kNone, [](uint32_t) { return true; }), key.route);
  }
  EXPECT_TRUE(PathTrie({}, CaseRule::kExact).empty());
}

}  // namespace
}  // namespace sluice
