#include "examples/control_plane/resource_folder.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/config/bounded_file.h"
#include "source/config/config_file.h"
#include "source/xds/dialect.h"

namespace control_plane {
namespace {

constexpr size_t kFileBytesMax = 64 << 20;

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_hidden = name.empty() || name[0] == '.';
    if (!is_hidden && sluice::FormatOfFile(name).has_value()) paths.push_back(entry.path());
  }
  if (error) std::cerr << folder << ": " << error.message() << std::endl;
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Snapshot ResourceFolder::Read() {
  std::map<std::string, Snapshot> files;
  for (const std::string& path : FilesIn(path_)) {
    Snapshot content;
    files[path] = ReadFile(path, content) ? content : files_[path];
  }
  files_ = std::move(files);
  Snapshot all;
  for (const auto& [path, content] : files_) {
    for (const auto& [type, items] : content) {
      for (const auto& [name, item] : items) {
        if (all[type].emplace(name, item).second) continue;
        std::cerr << path << ": \"" << name << "\" is in another file, too; that one counts"
                  << std::endl;
      }
    }
  }
  return all;
}

bool ResourceFolder::ReadFile(const std::string& path, Snapshot& into) const {
  std::string text;
  const absl::Status status = sluice::ReadBoundedFile(path, kFileBytesMax, text);
  if (!status.ok()) {
    std::cerr << status.message() << std::endl;
    return false;
  }
  sluice::SourceLines lines;
  sluice::ConfigErrors errors(&lines);
  envoy::service::discovery::v3::DiscoveryResponse list;
  sluice::ReadConfigText(text, *sluice::FormatOfFile(path), path, sluice::ConfigLimits(), list,
                         lines, errors);
  if (!errors.empty()) {
    std::cerr << errors.ToString() << path << ": not used; what it held before is" << std::endl;
    return false;
  }
  for (const auto& body : list.resources()) {
    const std::string name = sluice::NameOf(body);
    if (into[body.type_url()].emplace(name, MakeItem(body)).second) continue;
    std::cerr << path << ": \"" << name << "\" is in it twice; the first counts" << std::endl;
  }
  return true;
}

}  // namespace control_plane
