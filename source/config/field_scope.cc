#include "source/config/field_scope.h"

#include "absl/strings/str_cat.h"

namespace sluice {

std::string FieldScope::Path() const {
  std::string path;
  AppendPath(path);
  return path;
}

void FieldScope::AppendPath(std::string& path) const {
  if (parent_ != nullptr) parent_->AppendPath(path);
  if (!path.empty() && !name_.empty()) path += '.';
  path += name_;
  if (index_ >= 0) absl::StrAppend(&path, "[", index_, "]");
  if (index_ == kKey) absl::StrAppend(&path, "[\"", key_, "\"]");
}

}  // namespace sluice
