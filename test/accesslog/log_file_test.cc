#include "source/accesslog/log_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace sluice {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(LogFiles, AppendsToWhatIsThere) {
  const std::string path = ::testing::TempDir() + "/append.log";
  std::ofstream(path) << "before\n";
  auto file = OpenAccessLogFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append("after\n"));
  EXPECT_EQ(Contents(path), "before\nafter\n");
}

TEST(LogFiles, ReopensAfterRotation) {
  const std::string path = ::testing::TempDir() + "/rotated.log";
  std::remove(path.c_str());
  auto file = OpenAccessLogFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append("1\n"));
  ASSERT_EQ(std::rename(path.c_str(), (path + ".1").c_str()), 0);
  EXPECT_TRUE((*file)->Append("2\n"));
  ASSERT_TRUE((*file)->Reopen().ok());
  EXPECT_TRUE((*file)->Append("3\n"));
  EXPECT_EQ(Contents(path + ".1"), "1\n2\n");
  EXPECT_EQ(Contents(path), "3\n");
}

TEST(LogFiles, SaysWhatItCannotOpen) {
  const auto file = OpenAccessLogFile("/no/such/folder/access.log");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().message(),
            "cannot open /no/such/folder/access.log: No such file or directory");
}

TEST(LogFiles, AFullDiskIsALoss) {
  auto file = OpenAccessLogFile("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE((*file)->Append("x"));
}

}  // namespace
}  // namespace sluice
