// Requests: what our codec takes, llhttp takes as the same, and so do we when the bytes come in
// pieces.

#include <cstddef>
#include <cstdint>

#include "test/fuzz/http1_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto ours = sluice::ReadRequests(text, {});
  sluice::CheckCut(ours, sluice::ReadRequests(text, sluice::CutsOf(text)));
  sluice::CheckSame(ours, sluice::ReadRequestsByLlhttp(text));
  return 0;
}
