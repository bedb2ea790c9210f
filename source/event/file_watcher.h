// FileWatcher: tells when files change on disk: certificates, secrets, configuration. The outside
// world's door for that: inotify in production, a scripted one in tests. Main thread.
//
// A path is watched by its folder, so that a file that is replaced, or reached through a symbolic
// link that is swapped (as Kubernetes does), counts as changed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// Destroying it ends the watch.
class FileWatch {
 public:
  virtual ~FileWatch() = default;
};

class FileWatcher {
 public:
  virtual ~FileWatcher() = default;
  // `on_change` is called in a later turn, once for a burst of changes at or under `path` (a file,
  // or a folder whose entries count). Fails where the folder is not there.
  virtual absl::StatusOr<std::unique_ptr<FileWatch>> Watch(const std::string& path,
                                                           std::function<void()> on_change) = 0;
};

}  // namespace sluice
