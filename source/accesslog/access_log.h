// AccessLog: one configured logger: its filter, its format, its sink. Const, shared by all workers;
// the sink keeps per-worker buffers.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "source/accesslog/log_format.h"

namespace sluice {

// Where lines go. Extension point (file, stdout, gRPC).
class LogSink {
 public:
  virtual ~LogSink() = default;
  // On worker `worker`: takes the line (its newline included); must not block on a lock.
  virtual void Write(uint32_t worker, absl::string_view line) = 0;
  // On worker `worker`: hands on what is buffered. Called by a timer, and at the end.
  virtual void Flush(uint32_t worker) = 0;
  virtual void Reopen() {}  // main thread: after log rotation
};

class AccessLog {
 public:
  virtual ~AccessLog() = default;
  // Decides by its filter, formats into `scratch` (the worker's, reused), writes.
  virtual void Log(uint32_t worker, const FormatContext& context, std::string& scratch) const = 0;
};

}  // namespace sluice
