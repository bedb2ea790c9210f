#include "source/server/admin/admin_query.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(AdminQuery, SplitsPathAndParameters) {
  const AdminQuery query("/stats?usedonly&filter=a=b&filter=c&&=x");
  EXPECT_EQ(query.path(), "/stats");
  EXPECT_EQ(query.parameters().size(), 4u);
  EXPECT_TRUE(query.Has("usedonly"));
  EXPECT_EQ(query.Get("usedonly"), "");
  EXPECT_EQ(query.Get("filter"), "a=b");
  EXPECT_EQ(query.Get(""), "x");
  EXPECT_FALSE(query.Has("format"));
}

TEST(AdminQuery, DecodesPercentEscapesAndNothingElse) {
  const AdminQuery query("/x?a%26b=%5Ec%2e%2B+%zz%4");
  EXPECT_EQ(query.Get("a&b"), "^c.++%zz%4");
}

TEST(AdminQuery, SlashesThatRepeatCountAsOne) {
  EXPECT_EQ(AdminQuery("//stats").path(), "/stats");
  EXPECT_EQ(AdminQuery("///stats//prometheus?x=//").path(), "/stats/prometheus");
  EXPECT_EQ(AdminQuery("//").path(), "/");
  EXPECT_EQ(AdminQuery("//?x=//").Get("x"), "//");
  EXPECT_EQ(AdminQuery("").path(), "");
  EXPECT_EQ(AdminQuery("?").path(), "");
}

}  // namespace
}  // namespace sluice
