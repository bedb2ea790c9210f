#include "examples/control_plane/snapshot.h"

#include <cstdint>
#include <string_view>

#include "absl/strings/str_format.h"

namespace control_plane {
namespace {

// FNV-1a: the same in every run and on every machine, so that a restart changes no version.
uint64_t HashOf(std::string_view bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  return hash;
}

}  // namespace

Item MakeItem(const google::protobuf::Any& body) {
  return {absl::StrFormat("%016x", HashOf(body.value())), body};
}

Item MakeItem(const google::protobuf::Message& message) {
  google::protobuf::Any body;
  body.PackFrom(message);
  return MakeItem(body);
}

}  // namespace control_plane
