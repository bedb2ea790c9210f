// Whole configurations of every format, and what --mode validate makes of them: for
// bootstraps/NAME the words in bootstraps/NAME.report. `bazel run` of this test writes the reports.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "source/server/bootstrap_config.h"

namespace sluice {
namespace {

constexpr std::string_view kFolder = "test/server/bootstraps";

std::string ReportOf(const std::string& path) {
  Options options;
  options.config_path = path;
  options.mode = RunMode::kValidate;
  std::string report = BootstrapReport(*LoadBootstrap(options), options);
  std::string folder = std::string(kFolder) + "/";
  for (size_t at; (at = report.find(folder)) != std::string::npos;) {
    report.erase(at, folder.size());
  }
  return report;
}

std::string TextOf(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Bootstraps, AreReportedInTheseWords) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    std::string path = entry.path().string();
    if (path.ends_with(".report")) continue;
    ++count;
    std::string report = ReportOf(path);
    if (const char* workspace = getenv("BUILD_WORKSPACE_DIRECTORY")) {
      std::ofstream(std::string(workspace) + "/" + path + ".report") << report;
    } else {
      EXPECT_EQ(report, TextOf(path + ".report")) << path;
    }
  }
  EXPECT_GE(count, 7);
}

}  // namespace
}  // namespace sluice
