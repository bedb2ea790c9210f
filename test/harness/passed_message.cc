#include "test/harness/passed_message.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace sluice {

void PassedMessage::AddHead(const Headers& headers, End end) {
  EXPECT_TRUE(pieces_.empty()) << "a second head, or one behind the body";
  Copy(headers, head_);
  AddPiece("headers", end);
}

void PassedMessage::AddData(const Buffer& data, End end) {
  EXPECT_TRUE(started()) << "body before head";
  body_ += data.ToString();
  AddPiece(absl::StrCat("data '", data.ToString(), "'"), end);
}

void PassedMessage::AddTrailers(const Headers& headers) {
  EXPECT_TRUE(started()) << "trailers before head";
  Copy(headers, trailers_);
  AddPiece("trailers", End::kYes);
}

bool PassedMessage::has_header(absl::string_view name) const {
  for (const auto& [key, value] : head_) {
    if (key == name) return true;
  }
  return false;
}

std::string PassedMessage::Join(const List& list, absl::string_view name) {
  std::string joined;
  const char* separator = "";
  for (const auto& [key, value] : list) {
    if (key != name) continue;
    absl::StrAppend(&joined, separator, value);
    separator = ", ";
  }
  return joined;
}

void PassedMessage::Copy(const Headers& headers, List& list) {
  for (const Header& header : headers) {
    list.emplace_back(std::string(header.name), std::string(header.value));
  }
}

void PassedMessage::AddPiece(std::string piece, End end) {
  EXPECT_FALSE(ended_) << piece << " after the end";
  ended_ = end == End::kYes;
  if (ended_) piece += " end";
  pieces_.push_back(std::move(piece));
}

}  // namespace sluice
