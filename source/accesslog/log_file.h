// LogFile: where an access log's bytes end: a file, or standard output. Of the outside world: in
// memory in tests. Any thread may append, while the main thread reopens.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

class LogFile {
 public:
  virtual ~LogFile() = default;
  // Appends all of `lines`, in one system call unless the system takes only a part. Lines of
  // different threads do not mix. False when something was lost.
  virtual bool Append(absl::string_view lines) = 0;
  // Opens the path anew, after rotation.
  virtual absl::Status Reopen() = 0;
};

// Opens `path` for appending, and makes it. "/dev/stdout" and "/dev/stderr" are the process's own.
absl::StatusOr<std::unique_ptr<LogFile>> OpenAccessLogFile(const std::string& path);

}  // namespace sluice
