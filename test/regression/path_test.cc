// A decoded byte completed a broken escape before it: "%2%65" became "%2e", so that dot segments
// passed normalization and a backend that decodes once more left the folder that the route was
// meant for.
#include "source/http/path.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(PathRegression, DecodingMakesNoNewEscapes) {
  Arena arena;
  absl::string_view out;
  for (const char* path : {"/a/%2%65%2%65/b", "/%%32e", "/%4%41", "/%2%65"}) {
    EXPECT_EQ(ApplyPathRules(path, {.normalize = true}, arena, &out), PathVerdict::kRejected)
        << path;
  }
}

}  // namespace
}  // namespace sluice
