#include "source/base/arena.h"

#include <algorithm>

namespace sluice {

struct Arena::Chunk {
  Chunk* next;
  size_t bytes;  // this head included
};

Arena::Arena(size_t first_chunk_bytes)
    : first_(static_cast<char*>(::operator new(first_chunk_bytes))),
      first_bytes_(first_chunk_bytes) {
  next_ = first_;
  end_ = first_ + first_bytes_;
}

Arena::~Arena() {
  Reset();
  ::operator delete(first_);
}

void* Arena::AllocateSlow(size_t bytes, size_t alignment) {
  const size_t worst = sizeof(Chunk) + alignment + bytes;
  // A large piece gets a chunk of its own, and what is left of the current one stays in use.
  const bool own = worst > first_bytes_ / 2;
  const size_t chunk_bytes = own ? worst : first_bytes_;
  Chunk* chunk = new (::operator new(chunk_bytes)) Chunk{chunks_, chunk_bytes};
  chunks_ = chunk;
  extra_bytes_ += chunk_bytes;
  const uintptr_t free = reinterpret_cast<uintptr_t>(chunk + 1);
  const uintptr_t at = (free + alignment - 1) & ~(alignment - 1);
  if (!own) {
    next_ = reinterpret_cast<char*>(at + bytes);
    end_ = reinterpret_cast<char*>(chunk) + chunk_bytes;
  }
  return reinterpret_cast<void*>(at);
}

void Arena::Reset() {
  while (chunks_ != nullptr) {
    Chunk* next = chunks_->next;
    ::operator delete(chunks_);
    chunks_ = next;
  }
  extra_bytes_ = 0;
  next_ = first_;
  end_ = first_ + first_bytes_;
}

size_t Arena::allocated_bytes() const { return first_bytes_ + extra_bytes_; }

}  // namespace sluice
