#include "source/config/source_lines.h"

namespace sluice {
namespace {

// "a.b[0].c" -> "a.b[0]" -> "a.b" -> "a" -> "". A map key ("m["x.y"]") is one step.
std::string_view Enclosing(std::string_view path) {
  if (path.ends_with("\"]")) {
    size_t key = path.rfind("[\"");
    return key == std::string_view::npos ? std::string_view() : path.substr(0, key);
  }
  size_t cut = path.find_last_of(".[");
  return cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
}

}  // namespace

void SourceLines::StartSource(std::string_view source) { sources_.emplace_back(source); }

void SourceLines::Record(std::string_view path, int line) {
  if (sources_.empty()) sources_.emplace_back();
  places_[path] = {static_cast<int>(sources_.size()) - 1, line};
}

SourceLine SourceLines::Find(std::string_view path) const {
  for (; !path.empty(); path = Enclosing(path)) {
    auto place = places_.find(path);
    if (place != places_.end()) return {sources_[place->second.source], place->second.line};
  }
  return sources_.empty() ? SourceLine{} : SourceLine{sources_.front(), 0};
}

}  // namespace sluice
