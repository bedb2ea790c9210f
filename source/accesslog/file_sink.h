// FileSink: the lines of all access logs of one path. Each worker gathers its lines in a buffer of
// its own and hands them to the file in one write, a while after the first of them, or at the end
// of the turn in which the buffer got full: never between a request and its answer.
//
// Made on the main thread, and destroyed there when no worker runs any more; Write and Flush on the
// worker they name. No lock, nothing shared but the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/accesslog/access_log.h"
#include "source/accesslog/log_file.h"
#include "source/base/units.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"

namespace sluice {

struct FileSinkLimits {
  size_t buffer_bytes_max = 64_KiB;                   // then at the end of the turn
  Duration flush_interval = std::chrono::seconds(1);  // so old may a line get
};

class FileSink final : public LogSink {
 public:
  // `loops[i]` is that of worker i.
  FileSink(std::unique_ptr<LogFile> file, const std::vector<EventLoop*>& loops,
           FileSinkLimits limits = {});
  ~FileSink() override;  // flushes what is left

  void Write(uint32_t worker, absl::string_view line) override;
  void Flush(uint32_t worker) override;
  void Reopen() override;

 private:
  // One worker's lines; on cache lines of its own.
  struct alignas(64) Pending final : EndOfTurnTask {
    Pending(FileSink& sink, EventLoop& loop)
        : sink(sink), loop(loop), timer(loop, this, kMethod<&Pending::Flush>) {}
    void RunEndOfTurn() override { Flush(); }
    void Flush();

    FileSink& sink;
    EventLoop& loop;
    Timer timer;
    std::string lines;
    bool losing = false;  // the last write failed: said once
  };

  std::unique_ptr<LogFile> file_;
  const FileSinkLimits limits_;
  std::vector<std::unique_ptr<Pending>> pending_;
};

}  // namespace sluice
