#include "source/config/bounded_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

absl::Status Failed(const std::string& path, int error) {
  std::string message = absl::StrCat("cannot read \"", path, "\": ", strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::PermissionDeniedError(message);
}

}  // namespace

absl::Status ReadBoundedFile(const std::string& path, size_t bytes_max, std::string& bytes) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path, errno);
  auto close_fd = absl::MakeCleanup([fd] { close(fd); });
  struct stat status;
  if (fstat(fd, &status) != 0) return Failed(path, errno);
  if (S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read \"", path, "\": it is a folder"));
  }
  bytes.clear();
  constexpr size_t kChunk = 64 * 1024;
  while (true) {
    size_t had = bytes.size();
    bytes.resize(had + kChunk);
    ssize_t got = read(fd, bytes.data() + had, kChunk);
    int error = errno;
    bytes.resize(had + (got > 0 ? got : 0));
    if (got < 0 && error == EINTR) continue;
    if (got < 0) return Failed(path, error);
    if (bytes.size() > bytes_max) {
      return absl::ResourceExhaustedError(
          absl::StrCat("cannot read \"", path, "\": longer than ", bytes_max, " bytes"));
    }
    if (got == 0) return absl::OkStatus();
  }
}

}  // namespace sluice
