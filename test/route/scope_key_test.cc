// Which scope a request belongs to.
#include "source/route/scope_key.h"

#include <optional>
#include <string>
#include <vector>

#include "test/harness/alloc_counter.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

using Key = std::vector<std::string>;

ScopeFragment Whole(absl::string_view header) { return {.header = HeaderKey(header)}; }
ScopeFragment Element(absl::string_view header, const std::string& separator, uint32_t index) {
  return {.header = HeaderKey(header), .element_separator = separator, .index = index};
}
ScopeFragment Value(absl::string_view header, const std::string& separator,
                    const std::string& key_separator, const std::string& key) {
  return {.header = HeaderKey(header),
          .element_separator = separator,
          .key = key,
          .key_separator = key_separator};
}

// What a fragment is of a request with this header.
std::string Of(const ScopeFragment& fragment, absl::string_view value) {
  TestRequest request("/");
  request.headers.Add("x-scope", value);
  return std::string(fragment.Extract(request.headers).value_or("nothing"));
}

TEST(ScopeFragment, WithoutSeparatorIsTheWholeValue) {
  EXPECT_EQ(Of(Whole("X-Scope"), "a,b=c"), "a,b=c");
  EXPECT_EQ(Of(Whole("X-Scope"), ""), "");
}

TEST(ScopeFragment, IsNothingWithoutItsHeader) { EXPECT_EQ(Of(Whole("x-other"), "a"), "nothing"); }

TEST(ScopeFragment, OfSeveralLinesTheFirstCounts) {
  TestRequest request("/");
  request.headers.Add("x-scope", "one");
  request.headers.Add("x-scope", "two");
  EXPECT_EQ(Whole("x-scope").Extract(request.headers), "one");
}

TEST(ScopeFragment, HostIsTheAuthority) {
  TestRequest request("/", "example.com:81");
  EXPECT_EQ(Whole("Host").Extract(request.headers), "example.com:81");
}

TEST(ScopeFragment, AnElementIsCountedFromZeroAndMayBeEmpty) {
  EXPECT_EQ(Of(Element("x-scope", ",", 0), "a,b,,d"), "a");
  EXPECT_EQ(Of(Element("x-scope", ",", 1), "a,b,,d"), "b");
  EXPECT_EQ(Of(Element("x-scope", ",", 2), "a,b,,d"), "");
  EXPECT_EQ(Of(Element("x-scope", ",", 3), "a,b,,d"), "d");
  EXPECT_EQ(Of(Element("x-scope", ",", 4), "a,b,,d"), "nothing");
  EXPECT_EQ(Of(Element("x-scope", ",", 1), "a,"), "");
  EXPECT_EQ(Of(Element("x-scope", "::", 1), "a:b::c"), "c");
  EXPECT_EQ(Of(Element("x-scope", ",", 0), ""), "");
  EXPECT_EQ(Of(Element("x-scope", ",", 1), ""), "nothing");
}

TEST(ScopeFragment, AValueIsThatOfTheFirstElementWithItsKey) {
  const ScopeFragment vip = Value("x-scope", ",", "=", "vip");
  EXPECT_EQ(Of(vip, "a=b,vip=1,vip=2"), "1");
  EXPECT_EQ(Of(vip, "vip=1=2"), "1=2");
  EXPECT_EQ(Of(vip, "vip="), "");
  EXPECT_EQ(Of(vip, "vip"), "");
  EXPECT_EQ(Of(vip, "VIP=1"), "nothing");
  EXPECT_EQ(Of(vip, " vip=1"), "nothing");
  EXPECT_EQ(Of(vip, ",,"), "nothing");
  EXPECT_EQ(Of(vip, ""), "nothing");
  EXPECT_EQ(Of(Value("x-scope", "", "=", "vip"), "vip=1,vip=2"), "1,vip=2");
}

TEST(ScopeIndex, AKeyIsAllOfItsPiecesInOrder) {
  ScopeIndex index;
  index.Put(Key{"a", "b"}, 0);
  index.Put(Key{"a", "c"}, 1);
  index.Put(Key{"a"}, 2);
  const std::vector<ScopeFragment> one = {Whole("x-1")}, two = {Whole("x-1"), Whole("x-2")},
                                   turned = {Whole("x-2"), Whole("x-1")};
  TestRequest request("/");
  request.headers.Add("x-1", "a");
  EXPECT_EQ(index.Find(one, request.headers), 2u);
  EXPECT_EQ(index.Find(two, request.headers), ScopeIndex::kNone);
  request.headers.Add("x-2", "b");
  EXPECT_EQ(index.Find(two, request.headers), 0u);
  EXPECT_EQ(index.Find(turned, request.headers), ScopeIndex::kNone);
  TestRequest other("/");
  other.headers.Add("x-1", "z");
  EXPECT_EQ(index.Find(one, other.headers), ScopeIndex::kNone);
  EXPECT_EQ(ScopeIndex().Find(one, request.headers), ScopeIndex::kNone);
}

TEST(ScopeIndex, OfTwoScopesWithOneKeyTheLaterCounts) {
  ScopeIndex index;
  index.Put(Key{"a"}, 0);
  index.Put(Key{"a"}, 1);
  TestRequest request("/");
  request.headers.Add("x-1", "a");
  EXPECT_EQ(index.Find({Whole("x-1")}, request.headers), 1u);
}

TEST(ScopeIndex, FindingAllocatesNothing) {
  ScopeIndex index;
  std::vector<ScopeFragment> fragments;
  Key key;
  TestRequest request("/");
  request.headers.Add("x-scope", std::string(200, 'a') + ";k=" + std::string(200, 'b'));
  for (int i = 0; i < 12; ++i) {
    fragments.push_back(Element("x-scope", ";", 0));
    key.push_back(std::string(200, 'a'));
  }
  fragments.push_back(Value("x-scope", ";", "=", "k"));
  key.push_back(std::string(200, 'b'));
  index.Put(key, 7);
  AllocCounter allocations;
  EXPECT_EQ(index.Find(fragments, request.headers), 7u);
  EXPECT_EQ(allocations.count(), 0u);
}

}  // namespace
}  // namespace sluice
