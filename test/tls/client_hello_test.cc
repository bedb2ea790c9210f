// ReadClientHello: whole, byte by byte, in fragments, and everything that can be wrong.

#include "source/tls/client_hello.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

using std::string_literals::operator""s;

std::string Number(size_t bytes, size_t value) {
  std::string text;
  while (bytes-- > 0) text.push_back(static_cast<char>(value >> (8 * bytes)));
  return text;
}
std::string Vector(size_t length_bytes, const std::string& content) {
  return Number(length_bytes, content.size()) + content;
}
std::string Extension(size_t type, const std::string& body) {
  return Number(2, type) + Vector(2, body);
}
std::string Sni(const std::string& name) {
  return Extension(0, Vector(2, Number(1, 0) + Vector(2, name)));
}
std::string Alpn(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) list += Vector(1, protocol);
  return Extension(16, Vector(2, list));
}
std::string Record(const std::string& payload) { return "\x16\x03\x01" + Vector(2, payload); }

struct Hello {
  std::string session_id = std::string(32, 's');
  std::string ciphers = "\x13\x01\x13\x02";
  std::string compressions = std::string(1, '\0');
  std::string extensions;  // none: the field is left out
  std::string after;

  std::string Message() const {
    std::string body = "\x03\x03" + std::string(32, 'r') + Vector(1, session_id) +
                       Vector(2, ciphers) + Vector(1, compressions);
    if (!extensions.empty()) body += Vector(2, extensions);
    body += after;
    return "\x01" + Vector(3, body);
  }
};

const Hello kHello = {.extensions = Extension(10, "\x00\x02\x00\x1d"s) + Sni("A.example.TEST") +
                                    Alpn({"h2", "http/1.1"})};

HelloState Read(const std::string& bytes) {
  ClientHelloFacts facts;
  return ReadClientHello(bytes, facts);
}
HelloState ReadMessage(const Hello& hello) { return Read(Record(hello.Message())); }

void ExpectFacts(const std::string& bytes) {
  ClientHelloFacts facts;
  ASSERT_EQ(ReadClientHello(bytes, facts), HelloState::kDone);
  EXPECT_EQ(facts.server_name, "a.example.test");
  EXPECT_EQ(facts.application_protocols, (std::vector<std::string>{"h2", "http/1.1"}));
}

TEST(ClientHello, TellsNameAndProtocols) {
  ExpectFacts(Record(kHello.Message()));
  // Whatever follows does not matter.
  ExpectFacts(Record(kHello.Message()) + "\x14\x03\x03rest");
  ExpectFacts(Record(kHello.Message() + "\x01more"));
}

TEST(ClientHello, MayHaveNeither) {
  ClientHelloFacts facts;
  EXPECT_EQ(ReadClientHello(Record(Hello().Message()), facts), HelloState::kDone);
  EXPECT_EQ(facts.server_name, "");
  EXPECT_TRUE(facts.application_protocols.empty());
  EXPECT_EQ(ReadMessage({.session_id = "", .extensions = Extension(23, "")}), HelloState::kDone);
}

TEST(ClientHello, NeedsMoreUntilItsLastByte) {
  const std::string whole = Record(kHello.Message());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Read(whole.substr(0, size)), HelloState::kNeedMore) << size;
  }
}

TEST(ClientHello, MayBeInAnyFragments) {
  const std::string message = kHello.Message();
  for (size_t fragment = 1; fragment < message.size(); ++fragment) {
    std::string records;
    for (size_t at = 0; at < message.size(); at += fragment) {
      records += Record(message.substr(at, fragment));
    }
    ExpectFacts(records);
    for (size_t size = 0; size < records.size(); size += 7) {
      ASSERT_EQ(Read(records.substr(0, size)), HelloState::kNeedMore) << fragment << " " << size;
    }
  }
}

TEST(ClientHello, IsTlsOrNot) {
  EXPECT_EQ(Read(""), HelloState::kNeedMore);
  EXPECT_EQ(Read("G"), HelloState::kNotTls);
  EXPECT_EQ(Read("\x16\x02"), HelloState::kNotTls);
  EXPECT_EQ(Read("\x17\x03\x01\x00\x05hello"s), HelloState::kNotTls);
  EXPECT_EQ(Read("\x16\x03\x01\x00\x00"s), HelloState::kNotTls);         // empty
  EXPECT_EQ(Read("\x16\x03\x01\x40\x01\x01"), HelloState::kNotTls);      // above 16 KiB
  EXPECT_EQ(Read("\x16\x03\x01\x00\x04\x02"s), HelloState::kMalformed);  // a ServerHello
  // A second record of another kind, or empty.
  EXPECT_EQ(Read(Record("\x01") + "\x17\x03\x01\x00\x01x"s), HelloState::kMalformed);
  EXPECT_EQ(Read(Record("\x01") + "\x16\x03\x01\x00\x00"s), HelloState::kMalformed);
  EXPECT_EQ(Read(Record("\x01") + "\x16\x04"), HelloState::kMalformed);
}

TEST(ClientHello, IsBounded) {
  Hello large = kHello;
  large.extensions += Extension(21, std::string(16 * 1024, '\0'));
  const std::string message = large.Message();
  std::string records;
  for (size_t at = 0; at < message.size(); at += 4096) records += Record(message.substr(at, 4096));
  // Its header says so, whatever has come.
  EXPECT_EQ(Read(records), HelloState::kTooLarge);
  EXPECT_EQ(Read(records.substr(0, 9)), HelloState::kTooLarge);
  ClientHelloFacts facts;
  EXPECT_EQ(ReadClientHello(records, facts, {.bytes_max = 32 * 1024}), HelloState::kDone);
  // In records of one byte it grows beyond the limit while its message does not.
  std::string tiny;
  for (const char byte : kHello.Message()) tiny += Record(std::string(1, byte));
  EXPECT_EQ(ReadClientHello(tiny, facts, {.bytes_max = 300}), HelloState::kTooLarge);
  EXPECT_EQ(ReadClientHello(tiny.substr(0, 299), facts, {.bytes_max = 300}), HelloState::kNeedMore);
}

TEST(ClientHello, MustBeWellFormed) {
  EXPECT_EQ(ReadMessage({.session_id = std::string(33, 's')}), HelloState::kMalformed);
  EXPECT_EQ(ReadMessage({.ciphers = ""}), HelloState::kMalformed);
  EXPECT_EQ(ReadMessage({.ciphers = "odd"}), HelloState::kMalformed);
  EXPECT_EQ(ReadMessage({.compressions = ""}), HelloState::kMalformed);
  EXPECT_EQ(ReadMessage({.after = "x"}), HelloState::kMalformed);
  EXPECT_EQ(ReadMessage({.extensions = Sni("a"), .after = "x"}), HelloState::kMalformed);
  for (const std::string& extensions :
       {Sni("a") + Sni("a"), Alpn({"h2"}) + Alpn({"h2"}), Sni(""), Sni("a\0b"s),
        Sni(std::string(256, 'a')), Alpn({}), Alpn({""}), Extension(0, ""), Extension(16, ""),
        Extension(0, Vector(2, "")), Extension(0, Vector(2, Number(1, 0) + Vector(2, "a")) + "x"),
        Extension(0, Vector(2, Number(1, 0) + Vector(2, "a") + Number(1, 0) + Vector(2, "b"))),
        Extension(0, Vector(2, Number(1, 0) + Number(2, 9))), Number(2, 0) + Number(2, 5),
        Extension(16, Vector(2, Number(1, 3) + "h2")), std::string("\x00"s)}) {
    EXPECT_EQ(ReadMessage({.extensions = extensions}), HelloState::kMalformed)
        << testing::PrintToString(extensions);
  }
  // A name of a type that there is not is passed over.
  EXPECT_EQ(ReadMessage({.extensions = Extension(0, Vector(2, Number(1, 7) + Vector(2, "a")))}),
            HelloState::kDone);
}

TEST(ClientHello, WithAnyLengthWrongDoesNoHarm) {
  const std::string whole = Record(kHello.Message());
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0, 1, 0x7f, 0xff}) {
      std::string wrong = whole;
      wrong[at] = static_cast<char>(value);
      Read(wrong);
      Read(wrong + std::string(300, '\x16'));
    }
  }
}

}  // namespace
}  // namespace sluice
