// Whoever named an extension that the program knows but is not linked with was asked whether it
// meant that very name.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/config/any_unpack.h"
#include "source/config/field_support.h"

namespace sluice {
namespace {

TEST(UnlinkedExtensionHintRegression, IsNotTheNameItself) {
  ASSERT_FALSE(ExtensionNames().empty());
  for (const std::string_view name : ExtensionNames()) {
    EXPECT_EQ(UnknownTypeHint(name), "it can be, but is not linked into this program") << name;
    EXPECT_EQ(UnknownTypeHint(absl::StrCat(name, "s")),
              absl::StrCat("did you mean \"", name, "\"?"));
  }
}

}  // namespace
}  // namespace sluice
