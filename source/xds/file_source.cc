#include "source/xds/file_source.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/log.h"
#include "source/config/bounded_file.h"
#include "source/config/config_file.h"
#include "source/xds/dialect.h"
#include "source/xds/intake.h"

namespace sluice {

absl::Status FileSource::Watch(FileWatcher& files, const std::string& watched) {
  auto watch = files.Watch(watched, [this] {
    if (kind_ != nullptr && kind_->subscription.wanted()) Read();
  });
  if (!watch.ok()) return watch.status();
  watch_ = *std::move(watch);
  return absl::OkStatus();
}

void FileSource::Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) {
  kind_ = std::make_unique<Kind>(type, user, stats);
}

void FileSource::WantAll(const ResourceType&, Duration) {
  kind_->subscription.wants_all = true;
  main_.loop.AtEndOfTurn(*this);
}

void FileSource::Want(const ResourceType&, const std::string& name, Duration) {
  if (kind_->subscription.names.insert(name).second) main_.loop.AtEndOfTurn(*this);
}

void FileSource::Unwant(const ResourceType&, const std::string& name) {
  kind_->subscription.names.erase(name);
  kind_->subscription.versions.erase(name);
  kind_->subscription.refused.erase(name);
}

void FileSource::Read() {
  read_again_ = intake_.busy();
  if (!read_again_ && !ReadFile()) TellMissing(false);
}

// Whoever waits for what is not there need not go on.
void FileSource::TellMissing(bool is_taken) {
  const Subscription& subscription = kind_->subscription;
  if (subscription.wants_all && !is_taken) kind_->user.OnFetchTimeout("");
  const absl::btree_set<std::string> names = subscription.names;
  for (const std::string& name : names) {
    if (!subscription.versions.contains(name)) kind_->user.OnFetchTimeout(name);
  }
}

// False: there is nothing to give its user.
bool FileSource::ReadFile() {
  kind_->stats.attempt.Add(main_.stats);
  std::string text;
  const ConfigLimits limits;
  const absl::Status status = ReadBoundedFile(path_, limits.file_bytes_max, text);
  if (!status.ok()) {
    kind_->stats.failure.Add(main_.stats);
    SLUICE_LOG(kConfig, kWarning, "what was in use stays so: ", status.message());
    return false;
  }
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::service::discovery::v3::DiscoveryResponse file;
  ReadConfigText(text, FormatOfFile(path_).value_or(ConfigFormat::kYaml), path_, limits, file,
                 lines, errors);
  if (!errors.empty()) {
    Refuse(errors.ToString());
    return false;
  }
  // As state of the world: what the file leaves out is gone, of kinds of which it holds the whole.
  absl::StatusOr<Response> read = StateOfTheWorld().Read(file.SerializeAsString());
  if (!read.ok()) {
    Refuse(std::string(read.status().message()));
    return false;
  }
  Subscription& subscription = kind_->subscription;
  std::vector<std::string> gone = StateOfTheWorld().Gone(subscription, *read);
  intake_.Begin(*std::move(read), std::move(gone), subscription, kind_->user);
  return true;
}

void FileSource::Finish(const Intake& intake) {
  const Taken& taken = intake.taken();
  if (taken.errors.empty()) {
    kind_->stats.NoteSuccess(main_, intake.response().version);
  } else {
    Refuse(RefusalText(*kind_->subscription.type, taken.errors));
  }
  // What has been passed over may be wanted by now.
  if (read_again_) return main_.loop.AtEndOfTurn(*this);
  TellMissing(taken.is_seen);
}

void FileSource::Refuse(const std::string& text) {
  kind_->stats.rejected.Add(main_.stats);
  SLUICE_LOG(kConfig, kWarning, path_, ": what was in use before stays so: ", text);
}

}  // namespace sluice
