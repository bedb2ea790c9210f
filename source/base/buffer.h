// Buffer: bytes as a chain of slices of ref-counted blocks. Moving between buffers of one worker is
// O(1) for the whole and O(slices) for a part, and copies nothing.
//
// Belongs to whoever holds it, on the worker of its SlabPool. Holds no limit and calls nobody back.
// Empty buffers hold no block.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/base/slab_pool.h"

namespace sluice {

class Buffer {
 public:
  explicit Buffer(SlabPool& pool) : pool_(&pool) {}
  ~Buffer() { Clear(); }
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  SlabPool& pool() const { return *pool_; }

  // Copies; goes on in the last block where that is not shared.
  void Append(absl::string_view bytes);
  // Room for `n` bytes in one piece (n <= Block::capacity()), to be filled by the caller and made
  // part of the buffer by CommitContiguous. For writers that format straight into the output.
  char* ReserveContiguous(size_t n);
  void CommitContiguous(size_t n);

  // Takes all of `other`, or its first `n` bytes (n <= other.size()). Same pool.
  void MoveFrom(Buffer& other);
  void MoveFrom(Buffer& other, size_t n);

  void Drain(size_t n);  // n <= size()
  void Clear();

  // The first piece; empty iff the buffer is.
  absl::string_view Front() const;
  // The first `n` bytes (n <= size()) in one piece: a view of the first slice where they lie in one,
  // else they are copied to `scratch` (n bytes at least).
  absl::string_view Linear(size_t n, char* scratch) const;
  // Copies `n` bytes from `offset`; the range must lie inside.
  void CopyOut(size_t offset, size_t n, char* to) const;
  // Offset of the first `byte` at or after `from`.
  std::optional<size_t> Find(char byte, size_t from = 0) const;
  std::string ToString() const;

  // For reading: fills `iov` with room for at most `bytes`, the free end of the last block first,
  // fresh blocks after; returns how many entries. Commit takes the first `n` bytes and gives the rest back; each
  // Reserve is followed by exactly one Commit, with nothing in between.
  size_t Reserve(size_t bytes, absl::Span<iovec> iov);
  void Commit(size_t n);

  // For writing: the first bytes as iovecs; returns how many entries.
  size_t Peek(absl::Span<iovec> iov) const;

 private:
  SlabPool* pool_;
  Slice* head_ = nullptr;
  Slice* tail_ = nullptr;
  size_t size_ = 0;
  Slice* reserved_ = nullptr;  // between Reserve and Commit only
};

}  // namespace sluice
