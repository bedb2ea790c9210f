#include "source/http/websocket/frame_header.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/http/websocket/frame_bytes.h"

namespace sluice {
namespace {

using From = FrameHeaderReader::From;
using Event = FrameHeaderReader::Event;

// What a reader says of `bytes`, in words.
std::string Follow(FrameHeaderReader& reader, absl::string_view bytes) {
  std::string log;
  while (true) {
    const Event event = reader.Next(bytes);
    if (event == Event::kNeedMore) break;
    if (event == Event::kCloseCode) {
      absl::StrAppend(&log, "code ", reader.close_code());
    } else {
      const FrameHeader& frame = reader.frame();
      absl::StrAppend(&log, "op ", static_cast<int>(frame.opcode), frame.fin ? " fin " : " ",
                      frame.length, frame.masked ? " masked" : "");
    }
    if (reader.violation() != FrameViolation::kNone) {
      absl::StrAppend(&log, " !", FrameViolationText(reader.violation()));
    }
    log += "; ";
  }
  EXPECT_TRUE(bytes.empty());
  return log;
}

// Whole, byte by byte, and cut in two at every place: always the same.
std::string FollowAllWays(From from, const std::string& bytes, uint8_t reserved_bits = 0) {
  FrameHeaderReader whole(from, reserved_bits);
  const std::string expected = Follow(whole, bytes);
  FrameHeaderReader single(from, reserved_bits);
  std::string log;
  for (const char byte : bytes) log += Follow(single, absl::string_view(&byte, 1));
  EXPECT_EQ(log, expected);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameHeaderReader reader(from, reserved_bits);
    log = Follow(reader, absl::string_view(bytes).substr(0, cut));
    log += Follow(reader, absl::string_view(bytes).substr(cut));
    EXPECT_EQ(log, expected) << "cut at " << cut;
    EXPECT_EQ(reader.at_boundary(), whole.at_boundary());
    EXPECT_EQ(reader.payload_bytes(), whole.payload_bytes());
    if (testing::Test::HasFailure()) break;
  }
  return expected;
}

std::string FromServer(const std::string& bytes) { return FollowAllWays(From::kServer, bytes); }
std::string FromClient(const std::string& bytes) { return FollowAllWays(From::kClient, bytes); }

TEST(FrameHeader, ReadsTheExamplesOfTheStandard) {  // RFC 6455 section 5.7
  EXPECT_EQ(FromServer("\x81\x05Hello"), "op 1 fin 5; ");
  EXPECT_EQ(FromClient("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "op 1 fin 5 masked; ");
  EXPECT_EQ(FromServer(std::string("\x01\x03Hel\x80\x02lo")), "op 1 3; op 0 fin 2; ");
  EXPECT_EQ(FromServer("\x89\x05Hello"), "op 9 fin 5; ");
  EXPECT_EQ(FromClient("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "op 10 fin 5 masked; ");
  EXPECT_EQ(FromServer(FrameOf(0x82, std::string(256, 'x'), Masking::kNo)), "op 2 fin 256; ");
}

TEST(FrameHeader, ReadsEveryFormOfLength) {
  for (const size_t length : {0u, 1u, 125u, 126u, 127u, 65535u}) {
    for (const Masking masking : {Masking::kNo, Masking::kYes}) {
      FrameHeaderReader reader(masking == Masking::kNo ? From::kServer : From::kClient);
      const std::string frame = FrameOf(0x82, std::string(length, 'x'), masking);
      const std::string log =
          absl::StrCat("op 2 fin ", length, masking == Masking::kYes ? " masked; " : "; ");
      EXPECT_EQ(Follow(reader, frame + frame), log + log);
      EXPECT_TRUE(reader.at_boundary());
      EXPECT_EQ(reader.payload_bytes(), 2 * length);
    }
  }
  FrameHeaderReader reader(From::kServer);
  EXPECT_EQ(Follow(reader, HeadOf(0x82, (uint64_t{1} << 63) - 1, Masking::kNo)),
            "op 2 fin 9223372036854775807; ");
  EXPECT_FALSE(reader.lost());
  EXPECT_EQ(Follow(reader, std::string(100000, '\xff')), "");
}

TEST(FrameHeader, NeverLooksAtAPayload) {
  std::string inner;
  for (int i = 0; i < 256; ++i) inner += static_cast<char>(i);
  EXPECT_EQ(FromServer(FrameOf(0x82, inner + "\x88\x02\x03\xe8", Masking::kNo) +
                       FrameOf(0x81, "x", Masking::kNo)),
            "op 2 fin 260; op 1 fin 1; ");
}

TEST(FrameHeader, ControlFramesMayStandInsideOfMessages) {
  EXPECT_EQ(FromServer(FrameOf(0x01, "a", Masking::kNo) + FrameOf(0x89, "", Masking::kNo) +
                       FrameOf(0x00, "b", Masking::kNo) + FrameOf(0x80, "", Masking::kNo) +
                       FrameOf(0x82, "c", Masking::kNo)),
            "op 1 1; op 9 fin 0; op 0 1; op 0 fin 0; op 2 fin 1; ");
}

TEST(FrameHeader, ReadsTheCloseCodeAndUnmasksIt) {
  for (const int code : {1000, 1001, 1011, 1012, 3000, 4999}) {
    const std::string said = absl::StrCat("code ", code, "; ");
    EXPECT_EQ(FromServer(FrameOf(0x88, CodeBytes(code), Masking::kNo)), "op 8 fin 2; " + said);
    EXPECT_EQ(FromClient(FrameOf(0x88, CodeBytes(code) + "why", Masking::kYes)),
              "op 8 fin 5 masked; " + said);
  }
  EXPECT_EQ(FromServer(FrameOf(0x88, "", Masking::kNo)), "op 8 fin 0; code 1005; ");
  EXPECT_EQ(FromClient(FrameOf(0x88, "", Masking::kYes)), "op 8 fin 0 masked; code 1005; ");
}

TEST(FrameHeader, ACloseCodeThatMayNotBeSentIsSaid) {
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    EXPECT_EQ(FromServer(FrameOf(0x88, CodeBytes(code), Masking::kNo)),
              absl::StrCat("op 8 fin 2; code ", code, " !close_code; "));
  }
}

struct Bad {
  const char* name;
  From from;
  std::string bytes;
  const char* said;
};

TEST(FrameHeader, ViolationsAreSaidAndFollowed) {
  const std::string good = FrameOf(0x81, "ok", Masking::kNo);
  const Bad kBad[] = {
      {"RSV1", From::kServer, FrameOf(0xc1, "x", Masking::kNo), "op 1 fin 1 !reserved_bits; "},
      {"RSV2", From::kServer, FrameOf(0xa1, "x", Masking::kNo), "op 1 fin 1 !reserved_bits; "},
      {"RSV3", From::kServer, FrameOf(0x91, "x", Masking::kNo), "op 1 fin 1 !reserved_bits; "},
      {"opcode 3", From::kServer, FrameOf(0x83, "x", Masking::kNo),
       "op 3 fin 1 !reserved_opcode; "},
      {"opcode 11", From::kServer, FrameOf(0x8b, "x", Masking::kNo),
       "op 11 fin 1 !reserved_opcode; "},
      {"fragmented ping", From::kServer, FrameOf(0x09, "x", Masking::kNo),
       "op 9 1 !fragmented_control; "},
      {"long ping", From::kServer, FrameOf(0x89, std::string(126, 'x'), Masking::kNo),
       "op 9 fin 126 !control_too_long; "},
      {"16 bits for 125", From::kServer, std::string("\x82\x7e\x00\x7d", 4) + std::string(125, 'x'),
       "op 2 fin 125 !length_not_minimal; "},
      {"64 bits for 65535", From::kServer,
       std::string("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10) + std::string(65535, 'x'),
       "op 2 fin 65535 !length_not_minimal; "},
      {"masked server", From::kServer, FrameOf(0x81, "x", Masking::kYes),
       "op 1 fin 1 masked !masked; "},
      {"bare continuation", From::kServer, FrameOf(0x80, "x", Masking::kNo),
       "op 0 fin 1 !continuation_of_nothing; "},
  };
  for (const Bad& bad : kBad) {
    FrameHeaderReader reader(bad.from);
    EXPECT_EQ(Follow(reader, bad.bytes), bad.said) << bad.name;
    EXPECT_EQ(Follow(reader, good), "op 1 fin 2; ") << bad.name;
  }
  EXPECT_EQ(FromClient(FrameOf(0x81, "x", Masking::kNo)), "op 1 fin 1 !not_masked; ");
  EXPECT_EQ(FromServer(FrameOf(0x01, "a", Masking::kNo) + FrameOf(0x81, "b", Masking::kNo)),
            "op 1 1; op 1 fin 1 !message_inside_message; ");
  EXPECT_EQ(FromServer(FrameOf(0x88, "x", Masking::kNo)),
            "op 8 fin 1 !close_of_one_byte; code 1005 !close_of_one_byte; ");
  EXPECT_EQ(FromServer(FrameOf(0x88, "", Masking::kNo) + good +
                       FrameOf(0x88, CodeBytes(1001), Masking::kNo)),
            "op 8 fin 0; code 1005; op 1 fin 2 !after_close; op 8 fin 2 !after_close; ");
}

TEST(FrameHeader, ALengthOver63BitsEndsTheReading) {
  FrameHeaderReader reader(From::kServer);
  EXPECT_EQ(Follow(reader, std::string("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 10)),
            "op 2 fin 9223372036854775808 !length_too_large; ");
  EXPECT_TRUE(reader.lost());
  EXPECT_EQ(Follow(reader, FrameOf(0x81, "ok", Masking::kNo)), "");
  EXPECT_TRUE(reader.lost());
  EXPECT_FALSE(reader.at_boundary());
}

TEST(FrameHeader, BitsOfExtensionsAreAllowedWhereTheyAreKnown) {
  EXPECT_EQ(FollowAllWays(From::kServer, FrameOf(0xc1, "x", Masking::kNo), 4), "op 1 fin 1; ");
  EXPECT_EQ(FollowAllWays(From::kServer, FrameOf(0xe1, "x", Masking::kNo), 4),
            "op 1 fin 1 !reserved_bits; ");
}

TEST(FrameHeader, SaysWhereAFrameMayBePutIn) {
  FrameHeaderReader reader(From::kServer);
  EXPECT_TRUE(reader.at_boundary());
  const std::string frame = FrameOf(0x88, CodeBytes(1000), Masking::kNo);
  for (size_t i = 0; i < frame.size(); ++i) {
    Follow(reader, frame.substr(i, 1));
    EXPECT_EQ(reader.at_boundary(), i + 1 == frame.size()) << i;
  }
}

}  // namespace
}  // namespace sluice
