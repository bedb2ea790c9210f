// The kernel's file watcher on a real folder: what counts as a change, and when it is told.

#include "source/event/inotify_file_watcher.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/event/libevent_poller.h"

namespace sluice {
namespace {

class InotifyTest : public ::testing::Test {
 protected:
  InotifyTest() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/inotify-XXXXXX");
    folder_ = mkdtemp(pattern.data());
  }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::trunc) << text;
  }
  void Folder(const std::string& name) { ASSERT_EQ(mkdir(Path(name).c_str(), 0700), 0); }
  // A link put in place in one step, as those do who swap them.
  void Link(const std::string& name, const std::string& target) {
    ASSERT_EQ(symlink(target.c_str(), Path("new-link").c_str()), 0);
    ASSERT_EQ(rename(Path("new-link").c_str(), Path(name).c_str()), 0);
  }
  std::unique_ptr<FileWatch> Watch(const std::string& name) {
    auto watch = watcher_.Watch(Path(name), [this] { ++changes_; });
    EXPECT_TRUE(watch.ok()) << watch.status();
    return *std::move(watch);
  }
  // Changes told until nothing has come for longer than a burst lasts.
  int Changes() {
    quiet_over_ = false;
    over_.Arm(4 * InotifyFileWatcher::kQuiet);
    while (!quiet_over_) loop_.Turn();
    return std::exchange(changes_, 0);
  }

  std::string folder_;
  LibeventPoller poller_;
  EventLoop loop_{poller_};
  InotifyFileWatcher watcher_{loop_};
  int changes_ = 0;
  bool quiet_over_ = false;
  Timer over_{loop_, this, kMethod<&InotifyTest::OnOver>};

 private:
  void OnOver() { quiet_over_ = true; }
};

TEST_F(InotifyTest, TellsOnceOfABurstOfWrites) {
  Write("a", "1");
  const auto watch = Watch("a");
  EXPECT_EQ(Changes(), 0);
  for (int i = 0; i < 10; ++i) Write("a", std::string(i + 2, 'x'));
  EXPECT_EQ(Changes(), 1);
}

TEST_F(InotifyTest, TellsOfAReplacedFileNotOfItsNeighbours) {
  Write("a", "1");
  const auto watch = Watch("a");
  Write("b", "2");
  EXPECT_EQ(Changes(), 0);
  ASSERT_EQ(rename(Path("b").c_str(), Path("a").c_str()), 0);
  EXPECT_EQ(Changes(), 1);
  // Gone for a while, and there again.
  ASSERT_EQ(unlink(Path("a").c_str()), 0);
  EXPECT_EQ(Changes(), 0);
  Write("a", "3");
  EXPECT_EQ(Changes(), 1);
}

TEST_F(InotifyTest, FollowsSwappedLinks) {
  // As Kubernetes does: tls.crt -> ..data/tls.crt, ..data -> ..v1.
  Folder("v1");
  Folder("v2");
  Write("v1/tls.crt", "old");
  Write("v2/tls.crt", "new!");
  Link("data", "v1");
  Link("tls.crt", "data/tls.crt");
  const auto watch = Watch("tls.crt");
  Link("data", "v2");
  EXPECT_EQ(Changes(), 1);
  // It is the new folder's file that counts now.
  Write("v1/tls.crt", "nobody looks");
  EXPECT_EQ(Changes(), 0);
  Write("v2/tls.crt", "newer still");
  EXPECT_EQ(Changes(), 1);
}

TEST_F(InotifyTest, FollowsASwappedFolderOnTheWay) {
  Folder("v1");
  Folder("v2");
  Write("v1/key", "old");
  Write("v2/key", "new!");
  Link("current", "v1");
  const auto watch = Watch("current/key");
  Link("current", Path("v2"));
  EXPECT_EQ(Changes(), 1);
}

TEST_F(InotifyTest, TellsOfAFoldersEntries) {
  Folder("sub");
  const auto watch = Watch("sub");
  Write("sub/a", "1");
  EXPECT_EQ(Changes(), 1);
  ASSERT_EQ(unlink(Path("sub/a").c_str()), 0);
  EXPECT_EQ(Changes(), 1);
}

TEST_F(InotifyTest, EndsWithItsHandle) {
  Write("a", "1");
  auto watch = Watch("a");
  const auto other = Watch("a");
  watch.reset();
  Write("a", "22");
  EXPECT_EQ(Changes(), 1);
}

TEST_F(InotifyTest, NeedsAFolder) {
  const auto watch = watcher_.Watch(Path("none/a"), [] {});
  EXPECT_FALSE(watch.ok());
}

}  // namespace
}  // namespace sluice
