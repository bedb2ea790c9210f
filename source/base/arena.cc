#include "source/base/arena.h"

#include <algorithm>

namespace sluice {

struct Arena::Chunk {
  Chunk* next;
  size_t bytes;  // this head included
};

Arena::Arena(size_t chunk_bytes, uint16_t kept_chunks_max)
    : chunk_bytes_(static_cast<uint32_t>(chunk_bytes)), kept_chunks_max_(kept_chunks_max) {}

Arena::~Arena() {
  Free(chunks_);
  Free(spare_);
}

void* Arena::AllocateSlow(size_t bytes, size_t alignment) {
  const size_t worst = sizeof(Chunk) + alignment + bytes;
  // A large piece gets a chunk of its own, and what is left of the current one stays in use.
  const bool own = worst > chunk_bytes_;
  Chunk* chunk = spare_;
  if (own || chunk == nullptr) {
    const size_t chunk_bytes = own ? worst : chunk_bytes_;
    chunk = new (::operator new(chunk_bytes)) Chunk{nullptr, chunk_bytes};
  } else {
    spare_ = chunk->next;
    --spare_chunks_;
  }
  chunk->next = chunks_;
  chunks_ = chunk;
  const uintptr_t free = reinterpret_cast<uintptr_t>(chunk + 1);
  const uintptr_t at = (free + alignment - 1) & ~(alignment - 1);
  if (!own) {
    next_ = reinterpret_cast<char*>(at + bytes);
    end_ = reinterpret_cast<char*>(chunk) + chunk->bytes;
  }
  return reinterpret_cast<void*>(at);
}

void Arena::Reset() {
  while (chunks_ != nullptr) {
    Chunk* const chunk = chunks_;
    chunks_ = chunk->next;
    if (chunk->bytes == chunk_bytes_ && spare_chunks_ < kept_chunks_max_) {
      chunk->next = spare_;
      spare_ = chunk;
      ++spare_chunks_;
    } else {
      ::operator delete(chunk);
    }
  }
  next_ = end_ = nullptr;
}

void Arena::FreeSpareChunks() {
  Free(spare_);
  spare_ = nullptr;
  spare_chunks_ = 0;
}

void Arena::Free(Chunk* chunks) {
  while (chunks != nullptr) {
    Chunk* const next = chunks->next;
    ::operator delete(chunks);
    chunks = next;
  }
}

size_t Arena::allocated_bytes() const {
  size_t bytes = size_t{spare_chunks_} * chunk_bytes_;
  for (const Chunk* chunk = chunks_; chunk != nullptr; chunk = chunk->next) bytes += chunk->bytes;
  return bytes;
}

}  // namespace sluice
