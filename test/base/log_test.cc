#include "source/base/log.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string* captured = nullptr;

class LogTest : public testing::Test {
 protected:
  LogTest() {
    captured = &lines_;
    SetLogWriter([](absl::string_view line) { captured->append(line); });
    SetLogLevel(LogLevel::kInfo);
  }
  ~LogTest() override {
    SetLogWriter(nullptr);
    SetLogLevel(LogLevel::kInfo);
  }
  std::string lines_;
};

TEST_F(LogTest, LineIsWhatOperatorsParse) {
  const WallTime time{std::chrono::milliseconds(1795233506123) + Duration(999)};
  EXPECT_EQ(FormatLogLine(time, 42, LogLevel::kWarning, LogComponent::kConnHandler, "text"),
            "[2026-11-21 03:58:26.123][42][warning][conn_handler] text\n");
}

TEST_F(LogTest, ControlCharactersCannotForgeALine) {
  EXPECT_EQ(
      FormatLogLine(WallTime{}, 1, LogLevel::kInfo, LogComponent::kMain, "a\nb\r\x1b[0m\tc\x7f"),
      "[1970-01-01 00:00:00.000][1][info][main] a\\nb\\x0d\\x1b[0m\tc\\x7f\n");
}

TEST_F(LogTest, LevelsHoldForAllAndForOne) {
  SLUICE_LOG(kMain, kDebug, "hidden");
  EXPECT_EQ(lines_, "");
  SetLogLevel(LogComponent::kMain, LogLevel::kDebug);
  SLUICE_LOG(kMain, kDebug, "shown ", 1);
  SLUICE_LOG(kHttp, kDebug, "hidden");
  EXPECT_TRUE(absl::EndsWith(lines_, "][debug][main] shown 1\n")) << lines_;
  EXPECT_EQ(std::count(lines_.begin(), lines_.end(), '\n'), 1);
  lines_.clear();
  SetLogLevel(LogLevel::kOff);
  SLUICE_LOG(kMain, kCritical, "hidden");
  EXPECT_EQ(lines_, "");
  EXPECT_EQ(GetLogLevel(LogComponent::kHttp), LogLevel::kOff);
}

TEST_F(LogTest, TextOfAHiddenLineIsNotMade) {
  int made = 0;
  SLUICE_LOG(kMain, kTrace, "n", ++made);
  EXPECT_EQ(made, 0);
}

TEST_F(LogTest, NamesGoBothWays) {
  for (size_t i = 0; i < kLogComponents; ++i) {
    const LogComponent component = static_cast<LogComponent>(i);
    EXPECT_EQ(ParseLogComponent(LogComponentName(component)), component);
  }
  for (int i = 0; i <= static_cast<int>(LogLevel::kOff); ++i) {
    const LogLevel level = static_cast<LogLevel>(i);
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  EXPECT_EQ(LogComponentName(LogComponent::kWebsocket), "websocket");
  EXPECT_EQ(ParseLogLevel("warn"), LogLevel::kWarning);
  EXPECT_EQ(ParseLogLevel("INFO"), std::nullopt);
  EXPECT_EQ(ParseLogComponent(""), std::nullopt);
}

std::string Content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(LogTest, GoesToTheEndOfAFileAndThenToAnother) {
  SetLogWriter(nullptr);
  const std::string first = testing::TempDir() + "/first.log";
  const std::string second = testing::TempDir() + "/second.log";
  std::ofstream(first) << "old\n";
  std::remove(second.c_str());
  ASSERT_TRUE(OpenLogFile(first).ok());
  SLUICE_LOG(kMain, kInfo, "one");
  ASSERT_TRUE(OpenLogFile(second).ok());
  SLUICE_LOG(kMain, kInfo, "two");
  EXPECT_FALSE(OpenLogFile(testing::TempDir() + "/no/such/folder.log").ok());
  SLUICE_LOG(kMain, kInfo, "three");
  EXPECT_TRUE(absl::StartsWith(Content(first), "old\n["));
  EXPECT_TRUE(absl::EndsWith(Content(first), " one\n"));
  EXPECT_TRUE(absl::StrContains(Content(second), "] two\n["));
  EXPECT_TRUE(absl::EndsWith(Content(second), "] three\n"));
}

}  // namespace
}  // namespace sluice
