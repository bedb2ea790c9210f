// MemoryLogFile: a LogFile whose bytes are a string, for tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "source/accesslog/access_log_config.h"
#include "source/accesslog/log_file.h"

namespace sluice {

class MemoryLogFile final : public LogFile {
 public:
  explicit MemoryLogFile(std::string& bytes) : bytes_(bytes) {}
  bool Append(absl::string_view lines) override {
    ++writes;
    if (full) return false;
    bytes_.append(lines.data(), lines.size());
    return true;
  }
  absl::Status Reopen() override {
    ++reopened;
    return absl::OkStatus();
  }

  int writes = 0;
  int reopened = 0;
  bool full = false;

 private:
  std::string& bytes_;
};

// Opens files of `files` by path; "/refused" is refused.
inline AccessLogFactory::OpenFile MemoryLogFiles(std::map<std::string, std::string>& files) {
  return [&files](const std::string& path) -> absl::StatusOr<std::unique_ptr<LogFile>> {
    if (path == "/refused") return absl::PermissionDeniedError("refused");
    return std::make_unique<MemoryLogFile>(files[path]);
  };
}

}  // namespace sluice
