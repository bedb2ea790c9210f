// source/docs/failures.md says what the failure table says. `bazel run` of this test rewrites it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "source/accesslog/response_flags.h"
#include "source/proxy/failure_table.h"

namespace sluice {
namespace {

constexpr char kIntroduction[] =
    R"(# Every way a request can fail

Made from `source/proxy/failure_table.cc` by `bazel run //test/proxy:failures_page_test`; not to be edited.

What the client gets, and what the access log says: `%RESPONSE_CODE_DETAILS%`, `%RESPONSE_FLAGS%`. A gRPC request gets its status in
a 200. Without a status there is nobody to answer, or an answer has begun: the stream is reset, which ends an HTTP/1 connection. A failure after the
response's head went out is logged with its flag, the status that was sent, and "after" for "before" in its details.
Tried again: where nothing that was sent is lost, see `Router::MayTryAgain`, and what a retry policy names.

)";

std::string GrpcName(int status) {
  switch (status) {
    case 4:
      return "4 DEADLINE_EXCEEDED";
    case 7:
      return "7 PERMISSION_DENIED";
    case 12:
      return "12 UNIMPLEMENTED";
    case 13:
      return "13 INTERNAL";
    case 14:
      return "14 UNAVAILABLE";
    default:
      return absl::StrCat(status);
  }
}

std::string Flag(ResponseFlag flag) {
  if (flag == ResponseFlag::kCount) return "-";
  return absl::StrCat(ResponseFlagText(flag), " (", ResponseFlagLongText(flag), ")");
}

std::string RowText(const FailureRow& row) {
  const bool answered = row.status != 0;
  return absl::StrCat("| `", row.detail, "` | ", answered ? absl::StrCat(row.status) : "reset",
                      " | ", answered ? GrpcName(row.grpc_status) : "-", " | ", Flag(row.flag),
                      " | ", row.may_retry == MayRetry::kYes ? "yes" : "no", " | ", row.body,
                      " |\n");
}

std::string Page() {
  std::string page = kIntroduction;
  absl::StrAppend(&page, "| details | status | gRPC status | flag | tried again | body |\n",
                  "|---|---|---|---|---|---|\n");
  for (int i = 1; i < static_cast<int>(Failure::kCount); ++i) {
    absl::StrAppend(&page, RowText(RowOf(static_cast<Failure>(i))));
  }
  absl::StrAppend(&page,
                  "\n## HTTP/1 requests that cannot be read\n\n"
                  "The parser's own words take the place of the row's details.\n\n"
                  "| details | status |\n|---|---|\n");
  std::vector<std::string> lines;
  for (int i = 1; i < static_cast<int>(CodecError::kCount); ++i) {
    const auto error = static_cast<CodecError>(i);
    // A response's, or of a connection that has nobody left to answer. HTTP/2 has codes of its own.
    const absl::string_view detail = CodecErrorDetail(error);
    if (error == CodecError::kUnexpectedEnd || error == CodecError::kUnexpectedMessage ||
        error == CodecError::kBadStatus || absl::StartsWith(detail, "http2.")) {
      continue;
    }
    std::string line =
        absl::StrCat("| `", detail, "` | ", RowOf(FailureOfRequest(error)).status, " |\n");
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  for (const std::string& line : lines) page += line;
  return page;
}

TEST(FailuresPage, FileIsWhatTheTableSays) {
  const std::string page = Page();
  if (const char* workspace = getenv("BUILD_WORKSPACE_DIRECTORY")) {
    std::ofstream(absl::StrCat(workspace, "/source/docs/failures.md")) << page;
    return;
  }
  std::ifstream file("source/docs/failures.md");
  ASSERT_TRUE(file.is_open());
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), page) << "bazel run //test/proxy:failures_page_test rewrites it";
}

TEST(FailuresPage, EveryRowHasItsOwnDetails) {
  for (int i = 1; i < static_cast<int>(Failure::kCount); ++i) {
    const FailureRow& row = RowOf(static_cast<Failure>(i));
    EXPECT_FALSE(row.detail.empty()) << i;
    EXPECT_EQ(row.detail.find(' '), absl::string_view::npos) << row.detail;
    for (int j = 1; j < i; ++j) EXPECT_NE(row.detail, RowOf(static_cast<Failure>(j)).detail);
  }
}

}  // namespace
}  // namespace sluice
