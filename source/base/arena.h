// Arena: one stream's memory. Allocation is a pointer bump; everything is freed at once by Reset,
// which keeps as many chunks as it was told, so that a recycled stream allocates nothing from the
// heap. It takes no memory before it is asked for some.
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
  // Of its chunks, all of one size, Reset keeps up to `kept_chunks_max`. A piece that is larger
  // than a chunk is the heap's.
  explicit Arena(size_t chunk_bytes = 4096, uint16_t kept_chunks_max = 1);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* Allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    const uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    const uintptr_t end = reinterpret_cast<uintptr_t>(end_);
    if (at >= end || bytes > end - at) return AllocateSlow(bytes, alignment);
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
  // Forgets everything, and keeps nothing.
  void Release() {
    Reset();
    FreeSpareChunks();
  }
  size_t allocated_bytes() const;  // in chunks, in use or kept

 private:
  struct Chunk;
  void* AllocateSlow(size_t bytes, size_t alignment);
  static void Free(Chunk* chunks);
  char* next_ = nullptr;
  char* end_ = nullptr;
  const uint32_t chunk_bytes_;
  const uint16_t kept_chunks_max_;
  uint16_t spare_chunks_ = 0;
  Chunk* chunks_ = nullptr;  // in use
  Chunk* spare_ = nullptr;   // kept
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
