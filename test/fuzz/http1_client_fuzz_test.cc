// Responses: what our codec takes, llhttp takes as the same, and so do we when the bytes come in
// pieces. The first byte chooses the method that is answered.

#include <cstddef>
#include <cstdint>

#include "test/fuzz/http1_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const absl::string_view method = bytes[0] == 'H' ? "HEAD" : "GET";
  const absl::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const auto ours = sluice::ReadResponses(text, method, {});
  sluice::CheckCut(ours, sluice::ReadResponses(text, method, sluice::CutsOf(text)));
  sluice::CheckSame(ours, sluice::ReadResponsesByLlhttp(text, method));
  return 0;
}
