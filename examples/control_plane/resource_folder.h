// ResourceFolder: a folder of files, each with a list of resources, as one snapshot.
//
//   resources:
//   - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
//     name: users
//     ...
//
// YAML, JSON or text proto, by the file's name. A file that cannot be read keeps what it held
// before, and what is wrong with it is printed.
#pragma once

#include <map>
#include <string>

#include "examples/control_plane/snapshot.h"

namespace control_plane {

class ResourceFolder {
 public:
  explicit ResourceFolder(std::string path) : path_(std::move(path)) {}
  // Reads all of it anew.
  Snapshot Read();

 private:
  // Null, and a message on stderr, when there is something wrong.
  bool ReadFile(const std::string& path, Snapshot& into) const;

  const std::string path_;
  std::map<std::string, Snapshot> files_;  // the last good content of each
};

}  // namespace control_plane
