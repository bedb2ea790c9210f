#include "source/base/status_macros.h"

#include <memory>

#include "gtest/gtest.h"

namespace sluice {
namespace {

absl::StatusOr<std::unique_ptr<int>> Make(int value) {
  if (value < 0) return absl::InvalidArgumentError("negative");
  return std::make_unique<int>(value);
}

absl::Status NotZero(int value) {
  return value == 0 ? absl::NotFoundError("zero") : absl::OkStatus();
}

absl::StatusOr<int> Twice(int value) {
  RETURN_IF_ERROR(NotZero(value));
  ASSIGN_OR_RETURN(const std::unique_ptr<int> once, Make(value));
  std::unique_ptr<int> again;
  ASSIGN_OR_RETURN(again, Make(value));
  return *once + *again;
}

TEST(StatusMacros, PassValuesOnAndErrorsUp) {
  EXPECT_EQ(*Twice(2), 4);
  EXPECT_TRUE(absl::IsNotFound(Twice(0).status()));
  EXPECT_EQ(Twice(-1).status().message(), "negative");
}

}  // namespace
}  // namespace sluice
