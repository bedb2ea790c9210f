// Base64 in pieces, cut everywhere.

#include "source/extensions/http/grpc_web/base64_stream.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "source/base/slab_pool.h"

namespace sluice {
namespace {

class Base64Stream : public testing::Test {
 protected:
  Buffer Of(absl::string_view bytes) {
    Buffer buffer(pool_);
    buffer.Append(bytes);
    return buffer;
  }
  std::string Encode(absl::string_view bytes) {
    Buffer out(pool_);
    AppendBase64(Of(bytes), out);
    return out.ToString();
  }
  // None: it is refused, or ends within a quartet.
  std::optional<std::string> Decode(const std::vector<absl::string_view>& pieces) {
    Base64Reader reader;
    Buffer out(pool_);
    for (const absl::string_view piece : pieces) {
      if (!reader.Read(Of(piece), out)) return std::nullopt;
    }
    if (!reader.at_end_of_quartet()) return std::nullopt;
    return out.ToString();
  }

  SlabPool pool_;
};

std::string Bytes(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i * 7));
  return bytes;
}

TEST_F(Base64Stream, AllLengthsGoThereAndBack) {
  for (const size_t size : {0, 1, 2, 3, 4, 5, 255, 3071, 3072, 3073, 50'000}) {
    const std::string bytes = Bytes(size);
    EXPECT_EQ(Encode(bytes), absl::Base64Escape(bytes));
    EXPECT_EQ(Decode({absl::Base64Escape(bytes)}), bytes);
  }
}

TEST_F(Base64Stream, ABufferOfManyPiecesIsOneText) {
  const std::string first = Bytes(20'000), second = Bytes(20'001);
  Buffer in = Of(first), more = Of(second), out(pool_);
  in.MoveFrom(more);
  AppendBase64(in, out);
  EXPECT_EQ(out.ToString(), absl::Base64Escape(first + second));
}

TEST_F(Base64Stream, TextIsReadHoweverItIsCut) {
  const std::string bytes = Bytes(31);
  const std::string text = absl::Base64Escape(bytes);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const absl::string_view whole = text;
    EXPECT_EQ(Decode({whole.substr(0, cut), whole.substr(cut)}), bytes) << cut;
  }
  std::vector<absl::string_view> each;
  for (size_t i = 0; i < text.size(); ++i) each.push_back(absl::string_view(text).substr(i, 1));
  EXPECT_EQ(Decode(each), bytes);
}

TEST_F(Base64Stream, TextGoesOnBehindPadding) { EXPECT_EQ(Decode({"YQ==YmM=ZGVm"}), "abcdef"); }

TEST_F(Base64Stream, WhatIsNoBase64IsRefused) {
  for (const absl::string_view text :
       {"YWJ\n", "YWJ-", "YWJ_", "YW=j", "Y===", "====", "=WJj", "YWJj=", "YR==", "YWK=Z"}) {
    EXPECT_EQ(Decode({text}), std::nullopt) << text;
    std::vector<absl::string_view> each;
    for (size_t i = 0; i < text.size(); ++i) each.push_back(text.substr(i, 1));
    EXPECT_EQ(Decode(each), std::nullopt) << text;
  }
  EXPECT_EQ(Decode({absl::string_view("YW\0j", 4)}), std::nullopt);
}

TEST_F(Base64Stream, AnEndWithinAQuartetIsSeen) {
  for (const absl::string_view text : {"Y", "YW", "YWJ", "YW=", "YWJjY"}) {
    EXPECT_EQ(Decode({text}), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sluice
