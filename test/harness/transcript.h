// Transcript: what happened in a scenario, as lines a reader can follow, and their comparison with
// what was expected.
//
// Long ones live in files beside the test. `UPDATE_TRANSCRIPTS=1 bazel run //test/...:x_test`
// writes what happened into them, to be read in the diff.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice {

class Transcript {
 public:
  // "who" and "what" in two columns: Add("client ->", "GET /me").
  template <class... What>
  void Add(absl::string_view who, const What&... what) {
    AddLine(who, absl::StrCat(what...));
  }
  // Each line ends with a newline.
  const std::string& text() const { return text_; }
  void Clear() { text_.clear(); }

 private:
  void AddLine(absl::string_view who, absl::string_view what);
  std::string text_;
};

// Indentation common to all lines of `expected`, and empty lines at its ends, do not count, so that
// it can be a raw string in the flow of a test.
testing::AssertionResult Matches(const Transcript& actual, absl::string_view expected);

// `path` from the top of the workspace; a data dependency of the test.
testing::AssertionResult MatchesFile(const Transcript& actual, const std::string& path);

}  // namespace sluice
