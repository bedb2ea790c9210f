// Snapshot: all that the control plane has to offer at one time, by type URL and name. A value.
#pragma once

#include <map>
#include <string>

#include "google/protobuf/any.pb.h"

namespace control_plane {

struct Item {
  std::string version;  // another one when the content is another
  google::protobuf::Any body;
};
using Snapshot = std::map<std::string, std::map<std::string, Item>>;

// Packs `message`, with a version made of its content.
Item MakeItem(const google::protobuf::Message& message);
Item MakeItem(const google::protobuf::Any& body);

}  // namespace control_plane
