#include "test/harness/transcript.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

constexpr size_t kWhoColumns = 10;

std::vector<std::string> Undented(absl::string_view text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  size_t indent = std::string::npos;
  for (std::string& line : lines) {
    absl::StripTrailingAsciiWhitespace(&line);
    if (!line.empty()) indent = std::min(indent, line.find_first_not_of(' '));
  }
  for (std::string& line : lines) line.erase(0, std::min(indent, line.size()));
  while (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

testing::AssertionResult Compare(const std::vector<std::string>& actual,
                                 const std::vector<std::string>& expected) {
  if (actual == expected) return testing::AssertionSuccess();
  std::string lines;
  for (size_t i = 0; i < std::max(actual.size(), expected.size()); ++i) {
    const std::string is = i < actual.size() ? actual[i] : "(nothing)";
    const std::string should_be = i < expected.size() ? expected[i] : "(nothing)";
    if (is == should_be) {
      absl::StrAppend(&lines, "    ", is, "\n");
    } else {
      absl::StrAppend(&lines, "  - ", should_be, "\n  + ", is, "\n");
    }
  }
  return testing::AssertionFailure() << "transcripts differ (- expected, + happened):\n" << lines;
}

}  // namespace

void Transcript::AddLine(absl::string_view who, absl::string_view what) {
  const std::string gap(who.size() < kWhoColumns ? kWhoColumns - who.size() : 1, ' ');
  absl::StrAppend(&text_, who, gap, what, "\n");
}

testing::AssertionResult Matches(const Transcript& actual, absl::string_view expected) {
  return Compare(Undented(actual.text()), Undented(expected));
}

testing::AssertionResult MatchesFile(const Transcript& actual, const std::string& path) {
  const char* update = std::getenv("UPDATE_TRANSCRIPTS");
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (update != nullptr && workspace != nullptr) {
    std::ofstream out(absl::StrCat(workspace, "/", path));
    out << actual.text();
    if (out.flush()) return testing::AssertionSuccess() << "written";
    return testing::AssertionFailure() << "cannot write " << path;
  }
  std::ifstream in(path);
  if (!in) return testing::AssertionFailure() << "cannot read " << path;
  std::ostringstream expected;
  expected << in.rdbuf();
  return Compare(Undented(actual.text()), Undented(expected.str()));
}

}  // namespace sluice
