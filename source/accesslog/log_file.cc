#include "source/accesslog/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// O_APPEND makes each write(2) one piece at the end of the file, whoever else writes to it.
absl::StatusOr<int> OpenForAppending(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  return file;
}

bool WriteAll(int file, absl::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = write(file, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    lines.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

class PathLogFile final : public LogFile {
 public:
  PathLogFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  ~PathLogFile() override { close(file_); }

  bool Append(absl::string_view lines) override { return WriteAll(file_, lines); }

  // The number of the open file stays what it is, so that workers need not be told.
  absl::Status Reopen() override {
    const absl::StatusOr<int> file = OpenForAppending(path_);
    if (!file.ok()) return file.status();
    const bool moved = dup3(*file, file_, O_CLOEXEC) >= 0;
    const int error = errno;
    close(*file);
    return moved ? absl::OkStatus() : absl::ErrnoToStatus(error, path_);
  }

 private:
  const std::string path_;
  const int file_;
};

class StandardLogFile final : public LogFile {
 public:
  explicit StandardLogFile(int file) : file_(file) {}
  bool Append(absl::string_view lines) override { return WriteAll(file_, lines); }
  absl::Status Reopen() override { return absl::OkStatus(); }

 private:
  const int file_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogFile>> OpenAccessLogFile(const std::string& path) {
  if (path == "/dev/stdout") return std::make_unique<StandardLogFile>(STDOUT_FILENO);
  if (path == "/dev/stderr") return std::make_unique<StandardLogFile>(STDERR_FILENO);
  const absl::StatusOr<int> file = OpenForAppending(path);
  if (!file.ok()) return file.status();
  return std::make_unique<PathLogFile>(path, *file);
}

}  // namespace sluice
