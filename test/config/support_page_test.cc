// api/SUPPORT.md says what the table says. `bazel run` of this test rewrites the file.
#include "source/config/support_page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sluice {
namespace {

TEST(SupportPage, FileIsWhatTheTableSays) {
  std::string page = SupportPage();
  if (const char* workspace = getenv("BUILD_WORKSPACE_DIRECTORY")) {
    std::ofstream(std::string(workspace) + "/api/SUPPORT.md") << page;
    return;
  }
  std::ifstream file("api/SUPPORT.md");
  ASSERT_TRUE(file.is_open());
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), page) << "bazel run //test/config:support_page_test rewrites it";
}

TEST(SupportPage, EveryClassIsShown) {
  std::string page = SupportPage();
  EXPECT_NE(page.find("\n## envoy.config.cluster.v3.Cluster\n"), std::string::npos);
  EXPECT_NE(page.find("`protocol` (TCP)"), std::string::npos);
  EXPECT_NE(page.find("- **inert**: `default_regex_engine`: RE2 is the only engine\n"),
            std::string::npos);
  EXPECT_NE(page.find("- **guarded**: `filter_chain_matcher`\n"), std::string::npos);
  EXPECT_NE(page.find("(extension)\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice
