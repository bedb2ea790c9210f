#include "source/config/config_errors.h"

#include "absl/strings/str_cat.h"

namespace sluice {

bool IsWithin(std::string_view inner, std::string_view outer) {
  if (!inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || outer.empty() || inner[outer.size()] == '.' ||
         inner[outer.size()] == '[';
}

std::string ConfigError::ToString() const {
  std::string text;
  if (!source.empty()) text = line > 0 ? absl::StrCat(source, ":", line, ": ") : source + ": ";
  if (!path.empty()) absl::StrAppend(&text, path, ": ");
  absl::StrAppend(&text, message);
  if (!hint.empty()) absl::StrAppend(&text, "; ", hint);
  return text;
}

void ConfigErrors::Add(std::string_view path, std::string_view message, std::string_view hint) {
  AddAt(lines_ == nullptr ? SourceLine{} : lines_->Find(path), path, message, hint);
}

void ConfigErrors::AddAt(SourceLine place, std::string_view path, std::string_view message,
                         std::string_view hint) {
  for (size_t i = 0; i < earlier_; ++i) {
    if (!errors_[i].path.empty() && IsWithin(path, errors_[i].path)) return;
  }
  if (++count_ > kErrorsMax) return;
  errors_.push_back({std::string(place.source), place.line, std::string(path), std::string(message),
                     std::string(hint)});
}

std::string ConfigErrors::ToString() const {
  std::string text;
  for (const ConfigError& error : errors_) absl::StrAppend(&text, error.ToString(), "\n");
  if (count_ > errors_.size()) {
    absl::StrAppend(&text, "and ", count_ - errors_.size(), " more errors\n");
  }
  return text;
}

absl::Status ConfigErrors::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string text = ToString();
  text.pop_back();
  return absl::InvalidArgumentError(text);
}

}  // namespace sluice
