#include "source/xds/file_source.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NotingUser final : public ResourceUser {
 public:
  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override {
    std::vector<ResourceError> errors;
    for (const Resource& resource : resources) {
      notes.push_back(resource.name);
      if (resource.name == "bad") errors.push_back({"bad", "", "is bad"});
    }
    for (const std::string& name : gone) notes.push_back(absl::StrCat("-", name));
    return errors;
  }
  void OnFetchTimeout(const std::string& name) override {
    notes.push_back(absl::StrCat("missing ", name));
  }
  std::vector<std::string> Take() { return std::exchange(notes, {}); }
  std::vector<std::string> notes;
};

class FileSourceTest : public testing::Test {
 protected:
  void Write(const std::vector<std::string>& clusters, const std::string& more = "") {
    std::string text = "resources:\n";
    for (const std::string& name : clusters) {
      absl::StrAppend(&text, "- \"@type\": ", kClusterType.url, "\n  name: ", name, "\n");
    }
    std::ofstream(path_) << text << more;
  }
  void Open() {
    source_ = std::make_unique<FileSource>(world_.main(), path_);
    ASSERT_TRUE(source_->Watch(files_, path_).ok());
    source_->Add(kClusterType, user_, UpdateStats(world_.stats(), "cds."));
  }
  void Change() {
    files_.Change(path_);
    world_.RunUntilIdle();
  }
  int64_t Stat(const std::string& name) { return world_.stats().Value(name); }

  const std::string path_ = absl::StrCat(testing::TempDir(), "/", "clusters.yaml");
  SimWorld world_;
  ScriptedFileWatcher files_{world_.main().loop};
  NotingUser user_;
  std::unique_ptr<FileSource> source_;
};

TEST_F(FileSourceTest, GivesAllThatTheFileHoldsAndWhatIsGone) {
  Write({"a", "b"});
  Open();
  source_->WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(user_.Take(), ElementsAre("a", "b"));
  Write({"b", "c"});
  Change();
  EXPECT_THAT(user_.Take(), ElementsAre("b", "c", "-a"));
  EXPECT_EQ(Stat("cds.update_success"), 2);
}

TEST_F(FileSourceTest, GivesWhatIsWantedByNameAndSaysWhatIsMissing) {
  Write({"a", "b"});
  Open();
  source_->Want(kClusterType, "b", Duration::zero());
  source_->Want(kClusterType, "c", Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(user_.Take(), ElementsAre("b", "missing c"));
}

TEST_F(FileSourceTest, IsNotReadWhileNothingIsWanted) {
  Write({"a"});
  Open();
  Change();
  EXPECT_THAT(user_.Take(), IsEmpty());
}

TEST_F(FileSourceTest, AFileThatCannotBeReadChangesNothing) {
  Write({"a"});
  Open();
  source_->WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  user_.Take();
  Write({"a"}, "  nmae: x\n");
  Change();
  EXPECT_THAT(user_.Take(), ElementsAre("missing "));
  EXPECT_EQ(Stat("cds.update_rejected"), 1);
  ASSERT_EQ(std::remove(path_.c_str()), 0);
  Change();
  EXPECT_THAT(user_.Take(), ElementsAre("missing "));
  EXPECT_EQ(Stat("cds.update_failure"), 1);
}

TEST_F(FileSourceTest, AFileWithANameTwiceGivesNothing) {
  Write({"a", "a"});
  Open();
  source_->WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  EXPECT_THAT(user_.Take(), ElementsAre("missing "));
}

TEST_F(FileSourceTest, WhatItsUserRefusesIsCounted) {
  Write({"a", "bad"});
  Open();
  source_->WantAll(kClusterType, Duration::zero());
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("cds.update_rejected"), 1);
  EXPECT_EQ(Stat("cds.update_success"), 0);
}

}  // namespace
}  // namespace sluice
