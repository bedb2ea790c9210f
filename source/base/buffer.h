// Buffer: bytes as a chain of slices of ref-counted blocks. Moving between buffers of one worker is
// O(1) for the whole and O(slices) for a part. Large pieces are linked, never copied; a small piece
// (up to kCopyMax bytes) is copied where that saves a slice, so that a thousand one-byte reads do
// not hold a thousand blocks, and leave in one write.
//
// Belongs to whoever holds it, on the worker of its SlabPool. Holds no limit and calls nobody back.
// Empty buffers hold no block.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/base/check.h"
#include "source/base/slab_pool.h"

namespace sluice {

class Buffer {
 public:
  // Four of them fill a block: what is linked holds at most four times its size.
  static constexpr size_t kCopyMax = 4_KiB;

  explicit Buffer(SlabPool& pool) : pool_(&pool) {}
  ~Buffer() { Clear(); }
  Buffer(Buffer&& other) noexcept
      : pool_(other.pool_), head_(other.head_), tail_(other.tail_), size_(other.size_) {
    SLUICE_DCHECK(other.reserved() == nullptr);
    other.Forget();
  }
  Buffer& operator=(Buffer&& other) noexcept;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  SlabPool& pool() const { return *pool_; }

  // Copies; goes on in the last block where no other slice has claimed what follows.
  void Append(absl::string_view bytes) {
    if (bytes.size() > TailRoom()) return AppendSlow(bytes);
    if (bytes.empty()) return;
    std::memcpy(TailEnd(), bytes.data(), bytes.size());
    GrowTail(bytes.size());
  }
  // Room for `n` bytes in one piece (n <= Block::capacity()), to be filled by the caller and made
  // part of the buffer by CommitContiguous, all or its first bytes. For writers that format
  // straight into the output. Nothing in between.
  char* ReserveContiguous(size_t n) {
    SLUICE_DCHECK(reserved() == nullptr);
    if (tail_ != nullptr && n <= TailRoom()) return TailEnd();
    return ReserveBlock(n);
  }
  void CommitContiguous(size_t n) {
    if (reserved() != nullptr) return Commit(n);
    GrowTail(n);
  }

  // Takes all of `other`, or its first `n` bytes (n <= other.size()). Same pool.
  void MoveFrom(Buffer& other) {
    SLUICE_DCHECK(pool_ == other.pool_ && this != &other && reserved() == nullptr);
    if (other.head_ == nullptr) return;
    if (head_ != nullptr) return Join(other);
    head_ = other.head_;
    tail_ = other.tail_;
    size_ = other.size_;
    other.Forget();
  }
  void MoveFrom(Buffer& other, size_t n) {
    SLUICE_CHECK(n <= other.size_);
    n == other.size_ ? MoveFrom(other) : MovePart(other, n);
  }

  // Adds what `other` holds, which keeps it: large pieces are in the same blocks then, which nobody
  // changes. Same pool.
  void AppendShared(const Buffer& other);

  void Drain(size_t n) {  // n <= size()
    SLUICE_CHECK(n <= size_);
    if (head_ != nullptr && n < head_->size()) {
      head_->begin += static_cast<uint32_t>(n);
      size_ -= n;
      return;
    }
    DrainSlow(n);
  }
  void Clear() {
    if (tail_ != nullptr) ClearSlow();
  }

  // The first piece; empty iff the buffer is.
  absl::string_view Front() const { return head_ == nullptr ? absl::string_view() : View(*head_); }
  // All of it, piece by piece.
  template <class Visit>
  void ForEachPiece(Visit visit) const {
    for (const Slice* slice = head_; slice != nullptr; slice = slice->next) visit(View(*slice));
  }
  // The first `n` bytes (n <= size()) in one piece: a view of the first slice where they lie in
  // one, else they are copied to `scratch` (n bytes at least).
  absl::string_view Linear(size_t n, char* scratch) const;
  // Copies `n` bytes from `offset`; the range must lie inside.
  void CopyOut(size_t offset, size_t n, char* to) const;
  // Offset of the first `byte` at or after `from`.
  std::optional<size_t> Find(char byte, size_t from = 0) const;
  std::string ToString() const;

  // For reading: fills `iov` with room for at most `bytes`, the free end of the last block first,
  // fresh blocks after; returns how many entries. A free end of a few bytes is given up for a fresh
  // block when it would be all that `iov` has place for. Commit takes the first `n` bytes and gives
  // the rest back; each Reserve is followed by exactly one Commit, with nothing in between.
  size_t Reserve(size_t bytes, absl::Span<iovec> iov);
  void Commit(size_t n) {
    const bool one_fresh_block = head_ == nullptr && tail_ != nullptr && tail_->next == nullptr;
    if (!one_fresh_block || n == 0) return CommitSlow(n);
    SLUICE_CHECK(n <= Block::capacity());
    head_ = tail_;
    tail_->end = tail_->block->used = static_cast<uint32_t>(n);
    size_ = n;
  }

  // For writing: the first bytes as iovecs; returns how many entries.
  size_t Peek(absl::Span<iovec> iov) const;

 private:
  static absl::string_view View(const Slice& slice) { return {slice.data(), slice.size()}; }
  // Between Reserve and Commit only: fresh slices, behind the last one; there is no tail without a
  // head but for them.
  Slice* reserved() const { return head_ == nullptr ? tail_ : tail_->next; }
  Slice*& ReservedEnd() { return head_ == nullptr ? tail_ : tail_->next; }
  // Bytes that can follow the last slice in its block.
  size_t TailRoom() const {
    if (tail_ == nullptr || tail_->end != tail_->block->used) return 0;
    return Block::capacity() - tail_->end;
  }
  char* TailEnd() const { return tail_->block->data() + tail_->end; }
  void GrowTail(size_t n) {
    if (n == 0) return;
    SLUICE_DCHECK(n <= TailRoom());
    tail_->end += static_cast<uint32_t>(n);
    tail_->block->used = tail_->end;
    size_ += n;
  }
  void Link(Slice* slice) {
    slice->next = nullptr;
    (tail_ == nullptr ? head_ : tail_->next) = slice;
    tail_ = slice;
  }
  void Forget() {
    head_ = tail_ = nullptr;
    size_ = 0;
  }
  Slice* NewSlice();  // of a fresh block
  void Free(Slice* slice) {
    pool_->ReleaseBlock(slice->block);
    pool_->ReleaseSlice(slice);
  }
  Slice* PopHead();
  void Join(Buffer& other);
  void MovePart(Buffer& other, size_t n);
  void AppendSlow(absl::string_view bytes);
  char* ReserveBlock(size_t n);
  void DrainSlow(size_t n);
  void ClearSlow();
  void CommitSlow(size_t n);

  SlabPool* pool_;
  Slice* head_ = nullptr;
  Slice* tail_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sluice
