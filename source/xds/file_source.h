// FileSource: resources of one kind from a file that holds a DiscoveryResponse, in any notation
// that configuration files have. Read when something of it is wanted, and again when another file
// is moved into its place.
//
// Main thread. A file that cannot be read changes nothing.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "source/event/event_loop.h"
#include "source/event/file_watcher.h"
#include "source/event/worker_context.h"
#include "source/xds/intake_turns.h"
#include "source/xds/resource_source.h"
#include "source/xds/subscription.h"

namespace sluice {

class FileSource final : public ResourceSource, private EndOfTurnTask {
 public:
  // `path_config_source.path` and, if set, its watched_directory.
  FileSource(WorkerContext& main, std::string path) : main_(main), path_(std::move(path)) {}

  // `watched`: the file itself, or the folder whose changes count for it.
  absl::Status Watch(FileWatcher& files, const std::string& watched);

  // One kind. What the file does not hold has not come in its time as soon as it is read.
  void Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) override;
  void WantAll(const ResourceType& type, Duration fetch_timeout) override;
  void Want(const ResourceType& type, const std::string& name, Duration fetch_timeout) override;
  void Unwant(const ResourceType& type, const std::string& name) override;

 private:
  struct Kind {
    Kind(const ResourceType& type, ResourceUser& user, const UpdateStats& stats)
        : subscription(type), user(user), stats(stats) {}
    Subscription subscription;
    ResourceUser& user;
    UpdateStats stats;
  };
  void RunEndOfTurn() override { Read(); }
  void Read();
  bool ReadFile();
  void Finish(const Intake& intake);
  void TellMissing(bool is_taken);
  void Refuse(const std::string& text);

  WorkerContext& main_;
  const std::string path_;
  std::unique_ptr<Kind> kind_;
  // What was read last is on its way.
  IntakeTurns intake_{main_.loop, [this](const Intake& intake) { Finish(intake); }};
  bool read_again_ = false;  // then: another is there, or more of it is wanted
  std::unique_ptr<FileWatch> watch_;
};

}  // namespace sluice
