// InotifyFileWatcher: the kernel's FileWatcher. Main thread.
//
// What is watched is every folder that a path leads through where a symbolic link stands, and the
// folder it ends in: so a file that is replaced, and a link that is swapped anywhere on the way,
// are both seen. A change counts when the file behind the path is another one than before, or was
// written to; for a path that is a folder, whatever happens among its entries.
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "source/event/event_loop.h"
#include "source/event/file_watcher.h"
#include "source/event/timer.h"

namespace sluice {

class InotifyFileWatcher final : public FileWatcher, private ReadyObserver {
 public:
  // A burst of changes, such as a new certificate and then its key, ends when nothing has happened
  // for this time.
  static constexpr Duration kQuiet = std::chrono::milliseconds(100);

  explicit InotifyFileWatcher(EventLoop& loop);
  ~InotifyFileWatcher();  // no watch is left

  absl::StatusOr<std::unique_ptr<FileWatch>> Watch(const std::string& path,
                                                   std::function<void()> on_change) override;

 private:
  // Which file is behind a path, and in what state.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    int64_t size = 0;
    int64_t modified = 0;  // nanoseconds
    friend bool operator==(const Stamp& a, const Stamp& b) {
      return a.device == b.device && a.inode == b.inode && a.size == b.size &&
             a.modified == b.modified;
    }
  };
  struct Entry {
    std::string path;
    std::function<void()> on_change;
    std::set<std::string> folders;
    std::optional<Stamp> stamp;  // none: there is nothing, or it is a folder
    bool is_folder = false;
    bool touched = false;  // something happened in one of its folders
  };
  class Handle;

  void OnReady(Readiness ready) override;
  void TakeEvents();
  void OnQuiet();
  void Remove(uint64_t id);
  absl::Status WatchFolders(Entry& entry);
  void WatchFolder(const std::string& folder);
  void DropUnused();
  static std::optional<Stamp> StampOf(const std::string& path);

  EventLoop& loop_;
  const int fd_;
  PollerWatch* poller_watch_ = nullptr;
  std::map<uint64_t, Entry> entries_;
  uint64_t next_id_ = 0;
  std::map<std::string, int> descriptors_;           // of folders
  std::map<int, std::set<std::string>> folders_of_;  // by descriptor: one folder, by any name
  Timer quiet_;
};

}  // namespace sluice
