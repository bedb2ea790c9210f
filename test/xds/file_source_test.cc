#include "source/xds/file_source.h"

#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/xds/intake.h"
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
    source_->Add(kClusterType, user_, MakeUpdateStats(world_.stats(), "cds."));
  }
  void Change() {
    files_.Change(path_);
    world_.RunUntilIdle();
  }
  // In the turn after the one that comes next.
  void NextTurn(std::function<void()> work) {
    EventLoop& loop = world_.main().loop;
    loop.Post([&loop, work = std::move(work)]() mutable { loop.Post(std::move(work)); });
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

std::vector<std::string> Names(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(absl::StrCat("c", i));
  return names;
}

TEST_F(FileSourceTest, OthersHaveTheirTurnsWhileManyAreTaken) {
  std::vector<std::string> names = Names(1000);
  names.insert(names.begin() + 500, "bad");
  Write(names);
  Open();
  source_->WantAll(kClusterType, Duration::zero());
  size_t turns = 0;
  const std::function<void()> other = [&] {
    if (Stat("cds.update_rejected") > 0) return;
    ++turns;
    world_.main().loop.Post(other);
  };
  world_.main().loop.Post(other);
  world_.RunUntilIdle();
  EXPECT_GE(turns, 1000 / Intake::kPartResources);
  EXPECT_EQ(user_.Take(), names);
  // The others are accepted: they are known, and gone when the file does not hold them any more.
  Write(Names(999));
  Change();
  EXPECT_THAT(user_.Take(), testing::Contains("-c999"));
}

TEST_F(FileSourceTest, AChangeWhileManyAreTakenIsReadAfterwards) {
  Write(Names(200));
  Open();
  source_->WantAll(kClusterType, Duration::zero());
  NextTurn([&] {
    Write({"last"});
    files_.Change(path_);
  });
  world_.RunUntilIdle();
  EXPECT_EQ(user_.Take().back(), "-c99") << "in order of name";
  EXPECT_EQ(Stat("cds.update_success"), 2);
}

TEST_F(FileSourceTest, ANameThatIsWantedWhileManyAreTakenIsNotMissed) {
  std::vector<std::string> names = Names(200);
  names.insert(names.begin(), "first");
  Write(names);
  Open();
  for (const std::string& name : Names(200)) source_->Want(kClusterType, name, Duration::zero());
  world_.RunUntilIdle();
  user_.Take();
  files_.Change(path_);
  NextTurn([&] { source_->Want(kClusterType, "first", Duration::zero()); });
  world_.RunUntilIdle();
  const std::vector<std::string> notes = user_.Take();
  EXPECT_THAT(notes, testing::Contains("first"));
  EXPECT_THAT(notes, testing::Not(testing::Contains("missing first")));
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
