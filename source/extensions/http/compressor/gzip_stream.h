// GzipStream: one body on its way into gzip (RFC 1952). Its memory is an arena's, taken when it is
// made: by the settings, at most 256 KiB and some. One thread; it lives in that arena and is not
// moved.
#pragma once

#include <zlib.h>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/units.h"

namespace sluice {

struct GzipSettings {
  int level = Z_DEFAULT_COMPRESSION;
  int strategy = Z_DEFAULT_STRATEGY;
  int window_bits = 12;  // 9 to 15
  int memory_level = 5;  // 1 to 9
};

class GzipStream {
 public:
  GzipStream(const GzipSettings& settings, Arena& arena);
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // Appends what comes of `in` to `out`, all of it: who reads that can read all of `in`. Of an end,
  // with what ends a gzip file; nothing follows.
  void Write(const Buffer& in, End end, Buffer& out);

 private:
  void Deflate(int flush, Buffer& out);

  z_stream zlib_{};
};

}  // namespace sluice
