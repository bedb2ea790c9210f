#include "source/extensions/http/compressor/gzip_stream.h"

#include "source/base/check.h"

namespace sluice {
namespace {

constexpr size_t kPartBytes = 4096;
// Added to the bits of the window: zlib's sign for gzip around it.
constexpr int kGzipFormat = 16;

void* Allocate(void* arena, unsigned count, unsigned bytes) {
  return static_cast<Arena*>(arena)->Allocate(size_t{count} * bytes);
}
void LeaveToArena(void*, void*) {}

}  // namespace

GzipStream::GzipStream(const GzipSettings& settings, Arena& arena) {
  zlib_.zalloc = Allocate;
  zlib_.zfree = LeaveToArena;
  zlib_.opaque = &arena;
  const int result =
      deflateInit2(&zlib_, settings.level, Z_DEFLATED, settings.window_bits + kGzipFormat,
                   settings.memory_level, settings.strategy);
  SLUICE_CHECK(result == Z_OK);  // settings are checked when they are read
}

void GzipStream::Write(const Buffer& in, End end, Buffer& out) {
  in.ForEachPiece([&](absl::string_view piece) {
    // zlib only reads it.
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    zlib_.avail_in = static_cast<uInt>(piece.size());
    Deflate(Z_NO_FLUSH, out);
  });
  if (end == End::kYes) {
    Deflate(Z_FINISH, out);
  } else if (!in.empty()) {
    Deflate(Z_SYNC_FLUSH, out);
  }
}

// Done when zlib leaves room: it has said all then.
void GzipStream::Deflate(int flush, Buffer& out) {
  do {
    zlib_.next_out = reinterpret_cast<Bytef*>(out.ReserveContiguous(kPartBytes));
    zlib_.avail_out = kPartBytes;
    deflate(&zlib_, flush);
    out.CommitContiguous(kPartBytes - zlib_.avail_out);
  } while (zlib_.avail_out == 0);
}

}  // namespace sluice
