#include "source/http/headers.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string TextOf(const Headers& headers) {
  std::string text;
  for (const Header& header : headers) absl::StrAppend(&text, header.name, "=", header.value, ";");
  return text;
}

class HeadersTest : public testing::Test {
 protected:
  Arena arena_;
  Headers headers_{arena_};
};

TEST_F(HeadersTest, AddLowerCasesAndKeepsOrder) {
  headers_.Add("X-One", "1");
  headers_.Add("Accept", "a");
  headers_.Add(HeaderId::kHost, "h");
  headers_.Add("ACCEPT", "b");
  EXPECT_EQ(TextOf(headers_), "x-one=1;accept=a;host=h;accept=b;");
  EXPECT_EQ(headers_.Get(HeaderId::kAccept), "a");
  EXPECT_EQ(headers_.Count(HeaderId::kAccept), 2u);
  EXPECT_EQ(headers_.Find("x-one")->value, "1");
  EXPECT_EQ(headers_.Find("accept")->value, "a");
  EXPECT_EQ(headers_.Find("x-two"), nullptr);
  EXPECT_EQ(headers_.Get(HeaderId::kVia), "");
  EXPECT_FALSE(headers_.Has(HeaderId::kVia));
}

TEST_F(HeadersTest, AddCopies) {
  std::string value = "before";
  headers_.Add(HeaderId::kServer, value);
  value = "after!";
  EXPECT_EQ(headers_.Get(HeaderId::kServer), "before");
}

TEST_F(HeadersTest, SetReplacesAllByOne) {
  headers_.Add("x-a", "1");
  headers_.Add("via", "1");
  headers_.Add("x-a", "2");
  headers_.Add("via", "2");
  headers_.Set("X-A", "3");
  headers_.Set("Via", "3");
  headers_.Set("x-new", "4");
  headers_.Set(HeaderId::kDate, "5");
  headers_.Set(HeaderId::kDate, "6");
  EXPECT_EQ(TextOf(headers_), "x-a=3;via=3;x-new=4;date=6;");
}

TEST_F(HeadersTest, AppendValueJoinsWithComma) {
  headers_.AppendValue(HeaderId::kXForwardedFor, "1.1.1.1");
  headers_.AppendValue(HeaderId::kXForwardedFor, "2.2.2.2");
  EXPECT_EQ(TextOf(headers_), "x-forwarded-for=1.1.1.1, 2.2.2.2;");
}

TEST_F(HeadersTest, RemoveKeepsTheIndexRight) {
  headers_.Add("via", "1");
  headers_.Add("date", "2");
  headers_.Add("via", "3");
  headers_.Add("x-a", "4");
  headers_.Add("server", "5");
  EXPECT_EQ(headers_.Remove(HeaderId::kVia), 2u);
  EXPECT_EQ(headers_.Remove(HeaderId::kVia), 0u);
  EXPECT_EQ(headers_.Remove("x-a"), 1u);
  EXPECT_EQ(headers_.Remove("x-a"), 0u);
  EXPECT_EQ(headers_.Get(HeaderId::kServer), "5");
  EXPECT_EQ(headers_.Get(HeaderId::kDate), "2");
  EXPECT_EQ(TextOf(headers_), "date=2;server=5;");
}

TEST_F(HeadersTest, RemoveFirstTakesOne) {
  headers_.Add("via", "1");
  headers_.Add("x", "y");
  headers_.Add("via", "2");
  headers_.RemoveFirst(HeaderId::kVia);
  EXPECT_EQ(TextOf(headers_), "x=y;via=2;");
  EXPECT_EQ(headers_.Get(HeaderId::kVia), "2");
}

// The index counts in bytes: entries beyond 255 are found as well.
TEST_F(HeadersTest, ManyEntries) {
  for (int i = 0; i < 300; ++i) headers_.Add(absl::StrCat("x-", i), "v");
  headers_.Add("via", "late");
  headers_.Add("date", "later");
  headers_.Add("via", "last");
  EXPECT_EQ(headers_.Get(HeaderId::kVia), "late");
  EXPECT_EQ(headers_.Get(HeaderId::kDate), "later");
  EXPECT_EQ(headers_.Count(HeaderId::kVia), 2u);
  EXPECT_EQ(headers_.Find("x-299")->value, "v");
  headers_.Set(HeaderId::kVia, "one");
  EXPECT_EQ(headers_.Count(HeaderId::kVia), 1u);
  EXPECT_EQ(headers_.Remove(HeaderId::kDate), 1u);
  EXPECT_FALSE(headers_.Has(HeaderId::kDate));
  EXPECT_EQ(headers_.size(), 301u);
}

TEST_F(HeadersTest, CopyFromOutlivesItsSource) {
  Headers copy(arena_);
  copy.Add("old", "x");
  {
    Arena other_arena;
    Headers other(other_arena);
    other.Add("X-A", "1");
    other.Add("via", "2");
    copy.CopyFrom(other);
  }
  EXPECT_EQ(TextOf(copy), "x-a=1;via=2;");
  EXPECT_EQ(copy.Get(HeaderId::kVia), "2");
}

TEST_F(HeadersTest, ForgottenHeadersAreEmptyAndCanBeFilledAgain) {
  headers_.Add("via", "1");
  headers_.Forget();
  arena_.Release();
  EXPECT_TRUE(headers_.empty());
  EXPECT_EQ(headers_.byte_size(), 0u);
  EXPECT_FALSE(headers_.Has(HeaderId::kVia));
  EXPECT_EQ(headers_.Remove(HeaderId::kVia), 0u);
  headers_.Clear();
  headers_.Add("date", "2");
  EXPECT_EQ(TextOf(headers_), "date=2;");
}

TEST_F(HeadersTest, MovedHeadersTakeWhatTheySaidAndHoldNothingOfTheArena) {
  headers_.Add("via", "1");
  headers_.Add("x-mine", "two");
  headers_.AddLine("date", HeaderId::kDate, "");
  headers_.Add("via", "3");
  const size_t bytes = headers_.byte_size();
  const size_t packed = headers_.packed_bytes();
  EXPECT_LT(packed, 4 * sizeof(Header) + 200);
  auto place = std::make_unique<Header[]>(packed / sizeof(Header) + 1);  // ASan knows its end
  headers_.MoveTo(reinterpret_cast<char*>(place.get()));
  arena_.Release();
  EXPECT_EQ(TextOf(headers_), "via=1;x-mine=two;date=;via=3;");
  EXPECT_EQ(headers_.Get(HeaderId::kVia), "1");
  EXPECT_TRUE(headers_.Has(HeaderId::kDate));
  EXPECT_EQ(headers_.byte_size(), bytes);
  headers_.Add("late", "4");
  EXPECT_EQ(headers_.Remove(HeaderId::kVia), 2u);
  EXPECT_EQ(TextOf(headers_), "x-mine=two;date=;late=4;");
}

TEST_F(HeadersTest, EmptyHeadersCanBeMoved) {
  auto place = std::make_unique<Header[]>(headers_.packed_bytes() / sizeof(Header) + 1);
  headers_.MoveTo(reinterpret_cast<char*>(place.get()));
  EXPECT_TRUE(headers_.empty());
  headers_.Add("via", "1");
  EXPECT_EQ(headers_.Get(HeaderId::kVia), "1");
}

TEST_F(HeadersTest, ByteSizeFollowsEveryChange) {
  const auto expect_sum = [this](int line) {
    size_t sum = 0;
    for (const Header& header : headers_) sum += header.name.size() + header.value.size() + 4;
    EXPECT_EQ(headers_.byte_size(), sum) << "line " << line;
  };
  headers_.Add("x-a", "1");
  headers_.Add("x-a", "22");
  headers_.AddLine("via", HeaderId::kVia, "333");
  expect_sum(__LINE__);
  headers_.Set("X-A", "4444");
  expect_sum(__LINE__);
  headers_.Set("Via", "");
  expect_sum(__LINE__);
  headers_.AppendValue(HeaderId::kVia, "1.1 a");
  headers_.AppendValue(HeaderId::kXForwardedFor, "1.1.1.1");
  expect_sum(__LINE__);
  headers_.SetReference(HeaderId::kXForwardedFor, "2");
  headers_.RemoveFirst(HeaderId::kVia);
  expect_sum(__LINE__);
  headers_.Remove("x-a");
  headers_.Remove("x-none");
  expect_sum(__LINE__);
}

TEST_F(HeadersTest, ByteSizeAndClear) {
  headers_.Add("ab", "cde");
  EXPECT_EQ(headers_.byte_size(), 9u);
  headers_.Clear();
  EXPECT_TRUE(headers_.empty());
  EXPECT_FALSE(headers_.Has(HeaderId::kUnknown));
  EXPECT_EQ(headers_.byte_size(), 0u);
}

}  // namespace
}  // namespace sluice
