#include "source/event/inotify_file_watcher.h"

#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "source/base/log.h"

namespace sluice {
namespace {

constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE |
                             IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int kLinksMax = 40;  // as the kernel follows

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::string> LinkTarget(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size <= 0) return std::nullopt;
  return std::string(target.data(), static_cast<size_t>(size));
}

// The folders in which something that `path` leads through can be exchanged: those of links on the
// way, and the last one. What is a link is followed.
std::set<std::string> FoldersOn(const std::string& path) {
  std::set<std::string> folders;
  std::string done = !path.empty() && path[0] == '/' ? "" : ".";
  std::string rest = path;
  int links = 0;
  while (!rest.empty()) {
    const size_t start = rest.find_first_not_of('/');
    if (start == std::string::npos) break;
    const size_t end = rest.find('/', start);
    const std::string name = rest.substr(start, end == std::string::npos ? end : end - start);
    rest = end == std::string::npos ? "" : rest.substr(end);
    const std::string step = done + "/" + name;
    const std::optional<std::string> target = LinkTarget(step);
    if (target.has_value() && ++links <= kLinksMax) {
      folders.insert(done.empty() ? "/" : done);
      rest = *target + rest;
      if ((*target)[0] == '/') done.clear();
      continue;
    }
    done = step;
  }
  folders.insert(FolderOf(done));
  return folders;
}

}  // namespace

class InotifyFileWatcher::Handle final : public FileWatch {
 public:
  Handle(InotifyFileWatcher& watcher, uint64_t id) : watcher_(watcher), id_(id) {}
  ~Handle() override { watcher_.Remove(id_); }

 private:
  InotifyFileWatcher& watcher_;
  const uint64_t id_;
};

InotifyFileWatcher::InotifyFileWatcher(EventLoop& loop)
    : loop_(loop),
      fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      quiet_(loop, this, kMethod<&InotifyFileWatcher::OnQuiet>) {
  if (fd_ >= 0) poller_watch_ = loop_.poller().Watch(fd_, WatchMode::kLevelRead, *this);
}

InotifyFileWatcher::~InotifyFileWatcher() {
  SLUICE_DCHECK(entries_.empty());
  if (fd_ < 0) return;
  loop_.poller().Unwatch(poller_watch_);
  close(fd_);
}

absl::StatusOr<std::unique_ptr<FileWatch>> InotifyFileWatcher::Watch(
    const std::string& path, std::function<void()> on_change) {
  if (fd_ < 0) return absl::ResourceExhaustedError("the system has no more inotify instances");
  Entry entry{.path = path, .on_change = std::move(on_change)};
  struct stat facts;
  entry.is_folder = stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
  if (!entry.is_folder) entry.stamp = StampOf(path);
  if (const absl::Status status = WatchFolders(entry); !status.ok()) return status;
  const uint64_t id = next_id_++;
  entries_.emplace(id, std::move(entry));
  return std::make_unique<Handle>(*this, id);
}

// Again after a change, when links may lead elsewhere.
absl::Status InotifyFileWatcher::WatchFolders(Entry& entry) {
  entry.folders = FoldersOn(entry.path);
  if (entry.is_folder) entry.folders.insert(entry.path);
  absl::Status status = absl::OkStatus();
  for (const std::string& folder : entry.folders) {
    WatchFolder(folder);
    if (descriptors_.count(folder) > 0) continue;
    status = absl::NotFoundError(absl::StrCat("\"", folder, "\": ", strerror(errno)));
  }
  return status;
}

void InotifyFileWatcher::WatchFolder(const std::string& folder) {
  // Asked again where the name is known: it may be another folder's by now.
  const int descriptor = inotify_add_watch(fd_, folder.c_str(), kEvents | IN_ONLYDIR);
  const auto known = descriptors_.find(folder);
  if (known != descriptors_.end()) {
    if (known->second == descriptor) return;
    folders_of_[known->second].erase(folder);
    descriptors_.erase(known);
  }
  if (descriptor < 0) return;
  descriptors_[folder] = descriptor;
  folders_of_[descriptor].insert(folder);
}

void InotifyFileWatcher::Remove(uint64_t id) {
  entries_.erase(id);
  DropUnused();
}

void InotifyFileWatcher::DropUnused() {
  std::set<std::string> used;
  for (const auto& [id, entry] : entries_) used.insert(entry.folders.begin(), entry.folders.end());
  for (auto at = descriptors_.begin(); at != descriptors_.end();) {
    if (used.count(at->first) > 0) {
      ++at;
      continue;
    }
    folders_of_[at->second].erase(at->first);
    at = descriptors_.erase(at);
  }
  for (auto at = folders_of_.begin(); at != folders_of_.end();) {
    if (!at->second.empty()) {
      ++at;
      continue;
    }
    inotify_rm_watch(fd_, at->first);
    at = folders_of_.erase(at);
  }
}

std::optional<InotifyFileWatcher::Stamp> InotifyFileWatcher::StampOf(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return std::nullopt;
  return Stamp{facts.st_dev, facts.st_ino, facts.st_size,
               facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

void InotifyFileWatcher::OnReady(Readiness) {
  TakeEvents();
  quiet_.Arm(kQuiet);
}

void InotifyFileWatcher::TakeEvents() {
  alignas(inotify_event) std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t size = read(fd_, bytes.data(), bytes.size());
    if (size <= 0) return;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const auto folders = folders_of_.find(event->wd);
      for (auto& [id, entry] : entries_) {
        // Events were lost: anything may have happened.
        if ((event->mask & IN_Q_OVERFLOW) != 0) entry.touched = true;
        if (folders == folders_of_.end()) continue;
        for (const std::string& folder : folders->second) {
          entry.touched |= entry.folders.count(folder) > 0;
        }
      }
    }
  }
}

void InotifyFileWatcher::OnQuiet() {
  std::vector<uint64_t> changed;
  for (auto& [id, entry] : entries_) {
    if (!std::exchange(entry.touched, false)) continue;
    const absl::Status watched = WatchFolders(entry);
    if (!watched.ok())
      SLUICE_LOG(kFile, kWarning, "watching ", entry.path, ": ", watched.message());
    const std::optional<Stamp> stamp = entry.is_folder ? std::nullopt : StampOf(entry.path);
    const bool same = !entry.is_folder && (stamp == entry.stamp || !stamp.has_value());
    if (stamp.has_value()) entry.stamp = stamp;
    if (!same) changed.push_back(id);
  }
  DropUnused();
  // A call may end watches and begin others.
  for (const uint64_t id : changed) {
    const auto at = entries_.find(id);
    if (at == entries_.end()) continue;
    const std::function<void()> call = at->second.on_change;
    call();
  }
}

}  // namespace sluice
