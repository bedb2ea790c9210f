// The reader of ClientHellos: whatever the bytes, what is settled of a part of them stays so with
// more, and of a message in smaller records it says the same as of it in one.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "source/tls/client_hello.h"

namespace sluice {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsFinal(HelloState state) { return state != HelloState::kNeedMore; }

std::string Record(absl::string_view payload) {
  std::string record = "\x16\x03\x01";
  record.push_back(static_cast<char>(payload.size() >> 8));
  record.push_back(static_cast<char>(payload.size()));
  record.append(payload.data(), payload.size());
  return record;
}

void CheckPrefixes(absl::string_view bytes, HelloState whole) {
  const size_t step = bytes.size() / 64 + 1;
  for (size_t size = 0; size < bytes.size(); size += step) {
    ClientHelloFacts facts;
    const HelloState part = ReadClientHello(bytes.substr(0, size), facts);
    // What is settled stays so.
    if (IsFinal(part)) Require(part == whole);
    if (part != HelloState::kDone) {
      Require(facts.server_name.empty() && facts.application_protocols.empty());
    }
  }
}

// The bytes as a message, in records of any size.
void CheckFragments(absl::string_view message) {
  if (message.size() > 4000) return;
  ClientHelloFacts whole_facts;
  const HelloState whole = ReadClientHello(Record(message), whole_facts);
  for (const size_t fragment : {1, 5, 100}) {
    std::string records;
    for (size_t at = 0; at < message.size(); at += fragment) {
      records += Record(message.substr(at, fragment));
    }
    ClientHelloFacts facts;
    const HelloState state = ReadClientHello(records, facts);
    // Headers of many records may fill the limit.
    if (state == HelloState::kTooLarge) continue;
    if (!message.empty()) Require(state == whole);
    Require(facts.server_name == whole_facts.server_name);
    Require(facts.application_protocols == whole_facts.application_protocols);
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(bytes), size);
  sluice::ClientHelloFacts facts;
  sluice::CheckPrefixes(text, sluice::ReadClientHello(text, facts));
  sluice::CheckFragments(text);
  return 0;
}
