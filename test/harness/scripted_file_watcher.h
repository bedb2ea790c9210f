// ScriptedFileWatcher: the FileWatcher of simulated worlds: files change when the test says so. The
// files themselves are real, in the test's own folder. One thread; outlives its watches.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/event/event_loop.h"
#include "source/event/file_watcher.h"

namespace sluice {

class ScriptedFileWatcher final : public FileWatcher {
 public:
  explicit ScriptedFileWatcher(EventLoop& loop) : loop_(loop) {}

  absl::StatusOr<std::unique_ptr<FileWatch>> Watch(const std::string& path,
                                                   std::function<void()> on_change) override {
    if (missing_ == path) return absl::NotFoundError("no such folder");
    const int id = next_id_++;
    watches_[id] = {path, std::move(on_change)};
    return std::make_unique<Handle>(*this, id);
  }

  // Who watches this path is told in the next turn.
  void Change(const std::string& path) {
    for (const auto& [id, watch] : watches_) {
      if (watch.first == path) loop_.Post([this, id = id] { Tell(id); });
    }
  }
  // Watching it fails.
  void SetMissing(const std::string& path) { missing_ = path; }
  std::vector<std::string> watched() const {
    std::vector<std::string> paths;
    for (const auto& [id, watch] : watches_) paths.push_back(watch.first);
    return paths;
  }

 private:
  class Handle final : public FileWatch {
   public:
    Handle(ScriptedFileWatcher& watcher, int id) : watcher_(watcher), id_(id) {}
    ~Handle() override { watcher_.watches_.erase(id_); }

   private:
    ScriptedFileWatcher& watcher_;
    const int id_;
  };
  void Tell(int id) {
    const auto at = watches_.find(id);
    if (at != watches_.end()) at->second.second();
  }

  EventLoop& loop_;
  std::map<int, std::pair<std::string, std::function<void()>>> watches_;
  int next_id_ = 0;
  std::string missing_;
};

}  // namespace sluice
