#include "source/server/admin/log_level_page.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"

namespace sluice {
namespace {

absl::StatusOr<LogLevel> Level(absl::string_view name) {
  const std::optional<LogLevel> level = ParseLogLevel(name);
  if (!level.has_value()) return absl::InvalidArgumentError("unknown logger level");
  return *level;
}

using Changes = std::vector<std::pair<LogComponent, LogLevel>>;

absl::Status AddChange(absl::string_view component, absl::string_view level, Changes& changes) {
  if (component.empty() || level.empty()) {
    return absl::InvalidArgumentError("empty logger name or empty logger level");
  }
  ASSIGN_OR_RETURN(const LogLevel parsed, Level(level));
  const std::optional<LogComponent> found = ParseLogComponent(component);
  if (!found.has_value()) return absl::InvalidArgumentError("unknown logger name");
  changes.emplace_back(*found, parsed);
  return absl::OkStatus();
}

absl::Status Change(const AdminQuery& query) {
  if (query.parameters().size() != 1) {
    return absl::InvalidArgumentError("invalid number of parameters");
  }
  const auto& [key, value] = query.parameters().front();
  if (key == "level") {
    // "level=" is what the form on the home page sends when nothing was chosen.
    if (value.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const LogLevel level, Level(value));
    SetLogLevel(level);
    return absl::OkStatus();
  }
  Changes changes;
  if (key == "paths") {
    for (const absl::string_view part : absl::StrSplit(value, ',', absl::SkipWhitespace())) {
      const std::pair<absl::string_view, absl::string_view> change =
          absl::StrSplit(part, absl::MaxSplits(':', 1));
      RETURN_IF_ERROR(AddChange(change.first, change.second, changes));
    }
  } else {
    RETURN_IF_ERROR(AddChange(key, value, changes));
  }
  for (const auto& [component, level] : changes) SetLogLevel(component, level);
  return absl::OkStatus();
}

void AppendUsage(std::string& out) {
  out +=
      "usage: /logging?<name>=<level> (change single level)\n"
      "usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n"
      "usage: /logging?level=<level> (change all levels)\n"
      "levels: ";
  for (int i = 0; i <= static_cast<int>(LogLevel::kOff); ++i) {
    absl::StrAppend(&out, LogLevelName(static_cast<LogLevel>(i)), " ");
  }
  out += '\n';
}

}  // namespace

AdminResponse LogLevelPage(const AdminQuery& query) {
  AdminResponse response;
  const absl::Status status = query.parameters().empty() ? absl::OkStatus() : Change(query);
  if (!status.ok()) {
    response.status = 400;
    response.body = absl::StrCat("error: ", status.message(), "\n\n");
    AppendUsage(response.body);
  }
  response.body += "active loggers:\n";
  for (size_t i = 0; i < kLogComponents; ++i) {
    const LogComponent component = static_cast<LogComponent>(i);
    absl::StrAppend(&response.body, "  ", LogComponentName(component), ": ",
                    LogLevelName(GetLogLevel(component)), "\n");
  }
  response.body += '\n';
  return response;
}

}  // namespace sluice
