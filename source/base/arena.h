// Arena: one stream's memory. Allocation is a pointer bump; everything is freed at once by Reset,
// which keeps the first chunk, so that a recycled stream allocates nothing from the heap.
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
  // `first_chunk_bytes` are allocated with the arena and kept; larger needs take chunks from the
  // heap.
  explicit Arena(size_t first_chunk_bytes = 4096);
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

  // Forgets everything; frees all chunks but the first.
  void Reset();
  size_t allocated_bytes() const;  // in chunks, the first included

 private:
  struct Chunk;
  void* AllocateSlow(size_t bytes, size_t alignment);
  char* next_;
  char* end_;
  char* first_;
  size_t first_bytes_;
  Chunk* chunks_ = nullptr;
  size_t extra_bytes_ = 0;
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
