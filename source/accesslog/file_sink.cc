#include "source/accesslog/file_sink.h"

#include <utility>

#include "source/base/log.h"

namespace sluice {

FileSink::FileSink(std::unique_ptr<LogFile> file, const std::vector<EventLoop*>& loops,
                   FileSinkLimits limits)
    : file_(std::move(file)), limits_(limits) {
  for (EventLoop* loop : loops) pending_.push_back(std::make_unique<Pending>(*this, *loop));
}

FileSink::~FileSink() {
  for (const auto& pending : pending_) pending->Flush();
}

void FileSink::Write(uint32_t worker, absl::string_view line) {
  Pending& pending = *pending_[worker];
  if (pending.lines.empty()) pending.timer.Arm(limits_.flush_interval);
  pending.lines.append(line.data(), line.size());
  if (pending.lines.size() >= limits_.buffer_bytes_max) pending.loop.AtEndOfTurn(pending);
}

void FileSink::Flush(uint32_t worker) { pending_[worker]->Flush(); }

void FileSink::Reopen() {
  const absl::Status status = file_->Reopen();
  if (!status.ok()) {
    SLUICE_LOG(kFile, kError, "access log goes on to the old file: ", status.ToString());
  }
}

// Lines that the file does not take are lost: a full disk must not become full memory.
void FileSink::Pending::Flush() {
  timer.Disarm();
  if (lines.empty()) return;
  const bool written = sink.file_->Append(lines);
  if (!written && !losing) SLUICE_LOG(kFile, kError, "access log lines are lost: write failed");
  losing = !written;
  lines.clear();
}

}  // namespace sluice
