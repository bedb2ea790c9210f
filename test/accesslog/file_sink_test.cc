#include "source/accesslog/file_sink.h"

#include <gtest/gtest.h>

#include "test/accesslog/memory_log_file.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

class FileSinks : public ::testing::Test {
 protected:
  FileSinks() : world_({.workers = 2}) {
    auto file = std::make_unique<MemoryLogFile>(bytes_);
    file_ = file.get();
    sink_ = std::make_unique<FileSink>(
        std::move(file), std::vector<EventLoop*>{&world_.worker(0).loop, &world_.worker(1).loop},
        limits_);
  }

  const FileSinkLimits limits_{.buffer_bytes_max = 10, .flush_interval = std::chrono::seconds(2)};
  SimWorld world_;
  std::string bytes_;
  MemoryLogFile* file_;
  std::unique_ptr<FileSink> sink_;
};

TEST_F(FileSinks, LinesWaitForTheTimerOfTheirWorker) {
  sink_->Write(0, "one\n");
  world_.Advance(std::chrono::seconds(1));
  sink_->Write(0, "two\n");
  sink_->Write(1, "other\n");
  EXPECT_EQ(file_->writes, 0);
  world_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(bytes_, "one\ntwo\n");
  world_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(bytes_, "one\ntwo\nother\n");
  EXPECT_EQ(file_->writes, 2);
}

TEST_F(FileSinks, AFullBufferIsWrittenAtTheEndOfTheTurnInOneWrite) {
  world_.worker(0).loop.Post([this] {
    sink_->Write(0, "0123456789");
    sink_->Write(0, "abc");
    EXPECT_EQ(file_->writes, 0);
  });
  world_.RunUntilIdle();
  EXPECT_EQ(bytes_, "0123456789abc");
  EXPECT_EQ(file_->writes, 1);
}

TEST_F(FileSinks, OneByteBelowTheLimitWaits) {
  world_.worker(0).loop.Post([this] { sink_->Write(0, "012345678"); });
  world_.RunUntilIdle();
  EXPECT_EQ(file_->writes, 0);
  world_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(file_->writes, 1);
}

TEST_F(FileSinks, WhatIsLeftIsWrittenAtTheEnd) {
  sink_->Write(0, "a");
  sink_->Write(1, "b");
  sink_.reset();
  EXPECT_EQ(bytes_, "ab");
}

TEST_F(FileSinks, AFullDiskLosesLinesNotMemory) {
  file_->full = true;
  sink_->Write(0, "lost\n");
  world_.Advance(std::chrono::seconds(2));
  file_->full = false;
  sink_->Write(0, "kept\n");
  world_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(bytes_, "kept\n");
}

TEST_F(FileSinks, ReopensItsFile) {
  sink_->Reopen();
  EXPECT_EQ(file_->reopened, 1);
}

}  // namespace
}  // namespace sluice
