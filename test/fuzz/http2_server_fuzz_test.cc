// HTTP/2 in the server's role, whatever its peer sends.

#include <cstddef>
#include <cstdint>

#include "test/fuzz/http2_run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  sluice::CheckHttp2(sluice::Http2FuzzRole::kServer, input);
  return 0;
}
