// Arena: one stream's memory. Allocation is a pointer bump; everything is freed at once by Reset,
// which keeps the first chunk and as many more as it was told, so that a recycled stream allocates
// nothing from the heap.
//
// One thread. Destructors of what lives in it are not run: put trivially destructible things into
// it, or use ArenaPtr below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/string_view.h"

namespace sluice {

class Arena {
 public:
  // The first chunk is allocated with the arena and kept; what does not fit takes further ones of
  // the same size, of which Reset keeps up to `spare_chunks_max`. A piece that is larger than a
  // chunk is the heap's.
  explicit Arena(size_t chunk_bytes = 4096, uint32_t spare_chunks_max = 0);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* Allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    const uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    const uintptr_t end = reinterpret_cast<uintptr_t>(end_);
    if (at > end || bytes > end - at) return AllocateSlow(bytes, alignment);
    next_ = reinterpret_cast<char*>(at + bytes);
    return reinterpret_cast<void*>(at);
  }
  absl::string_view Copy(absl::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(Allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  template <class T, class... Args>
  T* New(Args&&... args) {
    return new (Allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  // Forgets everything; frees all chunks but those it keeps.
  void Reset();
  // Frees those that are kept and not in use: for who will live long.
  void FreeSpareChunks();
  size_t allocated_bytes() const;  // in chunks, in use or kept

 private:
  struct Chunk;
  void* AllocateSlow(size_t bytes, size_t alignment);
  static void Free(Chunk* chunks);
  char* next_;
  char* end_;
  char* first_;
  const uint32_t chunk_bytes_;
  const uint32_t spare_chunks_max_;
  uint32_t spare_chunks_ = 0;
  Chunk* chunks_ = nullptr;  // in use, but the first
  Chunk* spare_ = nullptr;
  size_t extra_bytes_ = 0;  // of chunks_
};

// Owns an object that lives in an arena: runs its destructor, leaves its memory to the arena.
struct ArenaDelete {
  template <class T>
  void operator()(T* object) const {
    object->~T();
  }
};
template <class T>
using ArenaPtr = std::unique_ptr<T, ArenaDelete>;

}  // namespace sluice
