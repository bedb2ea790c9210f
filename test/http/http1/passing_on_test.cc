// What is read by one codec and written by another: lines may go out as they came, but always in
// the one form in which the proxy writes them.

#include "source/http/http1/writer.h"
#include "test/http/http1/codec_fixture.h"

namespace sluice {
namespace {

class PassingOn : public CodecFixture {
 protected:
  // Makes a request of the lines and reads it, cut at `cut`.
  Headers& Request(absl::string_view lines, size_t cut = 0) {
    MakeServer();
    in_.Clear();
    const std::string text = "GET / HTTP/1.1\r\nHost: a.example\r\n" + std::string(lines) + "\r\n";
    if (cut > 0) Read(text.substr(0, cut));
    EXPECT_EQ(Read(text.substr(cut)), CodecError::kNone) << lines;
    return stream_->in_head_;
  }
  // The lines, of the head that goes out, that follow Host.
  std::string Out(const Headers& headers, NameCase names = NameCase::kLower) {
    Buffer out(pool_);
    WriteRequestHead(headers, {}, names, out);
    std::string text = out.ToString();
    const size_t host = text.find("a.example\r\n");
    EXPECT_NE(host, std::string::npos) << text;
    text.erase(0, host + 11);
    EXPECT_EQ(text.substr(text.size() - 2), "\r\n");
    return text.substr(0, text.size() - 2);
  }
  std::string PassedOn(absl::string_view lines) { return Out(Request(lines)); }
};

TEST_F(PassingOn, EveryLineHasOneForm) {
  EXPECT_EQ(PassedOn("X-A: 1\r\n"), "x-a: 1\r\n");
  EXPECT_EQ(PassedOn("X-A:1\r\n"), "x-a: 1\r\n");
  EXPECT_EQ(PassedOn("X-A:  1\r\n"), "x-a: 1\r\n");
  EXPECT_EQ(PassedOn("X-A:\t1\r\n"), "x-a: 1\r\n");
  EXPECT_EQ(PassedOn("X-A: 1 \r\n"), "x-a: 1\r\n");
  EXPECT_EQ(PassedOn("X-A: 1\t \r\n"), "x-a: 1\r\n");
  EXPECT_EQ(PassedOn("X-A:\r\n"), "x-a: \r\n");
  EXPECT_EQ(PassedOn("X-A: \r\n"), "x-a: \r\n");
  EXPECT_EQ(PassedOn("X-A:  \r\n"), "x-a: \r\n");
  EXPECT_EQ(PassedOn("x_A!: : \xff:\r\n"), "x_a!: : \xff:\r\n");
  EXPECT_EQ(PassedOn("User-AGENT: B/1 \r\nACCEPT:*/*\r\nVia: 1.1 a\r\n"),
            "user-agent: B/1\r\naccept: */*\r\nvia: 1.1 a\r\n");
}

TEST_F(PassingOn, NamesOfEveryLength) {
  for (size_t size = 1; size <= 80; ++size) {
    std::string name(size, 'N');
    std::string lower(size, 'n');
    if (size > 2) name[size / 2] = lower[size / 2] = '-';
    for (const char* value : {"V", "", "a value that is longer than a step or two of the scan"}) {
      const std::string expected = lower + ": " + value + "\r\n";
      EXPECT_EQ(PassedOn(name + ": " + value + "\r\n"), expected);
      EXPECT_EQ(PassedOn("A: b\r\n" + name + ": " + value + "\r\nC: d\r\n"),
                "a: b\r\n" + expected + "c: d\r\n");
    }
  }
}

TEST_F(PassingOn, WhatTheCodecOwnsIsLeftOutBetweenNeighbours) {
  EXPECT_EQ(PassedOn("A: 1\r\nConnection: keep-alive\r\nB: 2\r\nKeep-Alive: 5\r\nC: 3\r\n"),
            "a: 1\r\nb: 2\r\nc: 3\r\n");
}

TEST_F(PassingOn, WhatWasChangedOnTheWayIsNotTheOldLine) {
  Headers& headers = Request("A: 1\r\nVia: v\r\nB: 2\r\nServer: s\r\nC: 3\r\nD: 4\r\n");
  headers.SetReference(HeaderId::kServer, "other");
  headers.AppendValue(HeaderId::kVia, "w");
  headers.Set("b", "two");
  headers.Remove("c");
  headers.Add("e", "5");
  EXPECT_EQ(Out(headers), "a: 1\r\nvia: v, w\r\nb: two\r\nserver: other\r\nd: 4\r\ne: 5\r\n");
}

TEST_F(PassingOn, ProperCaseIsMadeOfEveryName) {
  EXPECT_EQ(Out(Request("x-a: 1\r\nUSER-agent: u\r\n"), NameCase::kProper),
            "X-A: 1\r\nUser-Agent: u\r\n");
}

TEST_F(PassingOn, WhereTheReadWasCutMakesNoDifference) {
  const std::string lines = "User-Agent: u\r\nX-Long-Name-Of-Some-Kind: v\r\nAccept:  */*\r\n";
  const std::string expected = PassedOn(lines);
  for (size_t cut = 1; cut < 33 + lines.size(); ++cut) {
    EXPECT_EQ(Out(Request(lines, cut)), expected) << cut;
  }
}

TEST_F(PassingOn, ByteSizeIsThatOfTheLines) {
  const Headers& headers = Request("A:1\r\nUser-Agent:  u\r\n");
  size_t size = 0;
  for (const Header& header : headers) size += header.name.size() + header.value.size() + 4;
  EXPECT_EQ(headers.byte_size(), size);
}

}  // namespace
}  // namespace sluice
