#include "source/base/buffer.h"

#include <algorithm>

namespace sluice {
namespace {

// A free end smaller than this is not worth a read of its own.
constexpr size_t kReadBytesMin = 2_KiB;

}  // namespace

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  SLUICE_DCHECK(other.reserved() == nullptr);
  Clear();
  pool_ = other.pool_;
  head_ = other.head_;
  tail_ = other.tail_;
  size_ = other.size_;
  other.Forget();
  return *this;
}

Slice* Buffer::NewSlice() {
  Slice* slice = pool_->AcquireSlice();
  slice->next = nullptr;
  slice->block = pool_->AcquireBlock();
  slice->begin = slice->end = 0;
  return slice;
}

void Buffer::AppendSlow(absl::string_view bytes) {
  while (!bytes.empty()) {
    size_t room = TailRoom();
    if (room == 0) {
      Link(NewSlice());
      room = Block::capacity();
    }
    const size_t n = std::min(room, bytes.size());
    std::memcpy(TailEnd(), bytes.data(), n);
    GrowTail(n);
    bytes.remove_prefix(n);
  }
}

char* Buffer::ReserveBlock(size_t n) {
  SLUICE_CHECK(n <= Block::capacity());
  // The committed bytes go to the fresh block whatever room the last one has.
  if (tail_ != nullptr && TailRoom() > 0) tail_->block->used = Block::capacity();
  Slice* const slice = NewSlice();
  ReservedEnd() = slice;
  return slice->block->data();
}

// Neither is empty.
void Buffer::Join(Buffer& other) {
  // Within the chain pieces were joined as they came: only its first can be worth a copy.
  while (other.head_ != nullptr && other.head_->size() <= std::min(kCopyMax, TailRoom())) {
    Append(View(*other.head_));
    Free(other.PopHead());
  }
  if (other.head_ == nullptr) return;
  tail_->next = other.head_;
  tail_ = other.tail_;
  size_ += other.size_;
  other.Forget();
}

// Not all of it.
void Buffer::AppendShared(const Buffer& other) {
  SLUICE_DCHECK(pool_ == other.pool_ && this != &other && reserved() == nullptr);
  for (const Slice* from = other.head_; from != nullptr; from = from->next) {
    if (from->size() <= kCopyMax) {
      Append(View(*from));
      continue;
    }
    Slice* slice = pool_->AcquireSlice();
    slice->block = from->block;
    ++slice->block->references;
    slice->begin = from->begin;
    slice->end = from->end;
    Link(slice);
    size_ += slice->size();
  }
}

void Buffer::MovePart(Buffer& other, size_t n) {
  SLUICE_DCHECK(pool_ == other.pool_ && this != &other && reserved() == nullptr);
  while (n > 0 && n >= other.head_->size()) {
    n -= other.head_->size();
    Slice* slice = other.PopHead();
    if (slice->size() <= std::min(kCopyMax, TailRoom())) {
      Append(View(*slice));
      Free(slice);
      continue;
    }
    Link(slice);
    size_ += slice->size();
  }
  if (n == 0) return;
  // Part of a slice: a small one is copied, or each byte of a badly chunked body would cost a slice
  // and, later, hold a block.
  if (n <= kCopyMax) {
    Append({other.head_->data(), n});
  } else {
    Slice* slice = pool_->AcquireSlice();
    slice->block = other.head_->block;
    ++slice->block->references;
    slice->begin = other.head_->begin;
    slice->end = slice->begin + static_cast<uint32_t>(n);
    Link(slice);
    size_ += n;
  }
  other.head_->begin += static_cast<uint32_t>(n);
  other.size_ -= n;
}

// Takes the first slice out of the chain, its bytes out of the size.
Slice* Buffer::PopHead() {
  Slice* slice = head_;
  head_ = slice->next;
  if (head_ == nullptr) tail_ = nullptr;
  size_ -= slice->size();
  return slice;
}

void Buffer::DrainSlow(size_t n) {
  if (n == size_ && head_ == tail_ && head_ != nullptr) {
    Free(head_);
    return Forget();
  }
  while (head_ != nullptr && n >= head_->size()) {
    n -= head_->size();
    Free(PopHead());
  }
  if (n == 0) return;
  head_->begin += static_cast<uint32_t>(n);
  size_ -= n;
}

void Buffer::ClearSlow() {
  if (head_ == nullptr) head_ = tail_;
  while (head_ != nullptr) Free(PopHead());
}

absl::string_view Buffer::Linear(size_t n, char* scratch) const {
  SLUICE_CHECK(n <= size_);
  if (n == 0) return {};
  if (n <= head_->size()) return {head_->data(), n};
  CopyOut(0, n, scratch);
  return {scratch, n};
}

void Buffer::CopyOut(size_t offset, size_t n, char* to) const {
  SLUICE_CHECK(offset <= size_ && n <= size_ - offset);
  for (const Slice* slice = head_; n > 0; slice = slice->next) {
    if (offset >= slice->size()) {
      offset -= slice->size();
      continue;
    }
    const size_t part = std::min(n, slice->size() - offset);
    std::memcpy(to, slice->data() + offset, part);
    to += part;
    n -= part;
    offset = 0;
  }
}

std::optional<size_t> Buffer::Find(char byte, size_t from) const {
  size_t before = 0;  // bytes of the slices already passed
  for (const Slice* slice = head_; slice != nullptr; slice = slice->next) {
    const size_t size = slice->size();
    if (from < before + size) {
      const size_t skip = from > before ? from - before : 0;
      const void* found = std::memchr(slice->data() + skip, byte, size - skip);
      if (found != nullptr) return before + (static_cast<const char*>(found) - slice->data());
    }
    before += size;
  }
  return std::nullopt;
}

std::string Buffer::ToString() const {
  std::string text(size_, '\0');
  CopyOut(0, size_, text.data());
  return text;
}

size_t Buffer::Reserve(size_t bytes, absl::Span<iovec> iov) {
  SLUICE_DCHECK(reserved() == nullptr);
  if (bytes == 0 || iov.empty()) return 0;
  size_t count = 0;
  size_t room = TailRoom();
  if (iov.size() == 1 && room > 0 && room < std::min(bytes, kReadBytesMin)) {
    tail_->block->used = Block::capacity();
    room = 0;
  }
  if (room > 0) {
    const size_t n = std::min(room, bytes);
    iov[count++] = {TailEnd(), n};
    bytes -= n;
  }
  Slice** end = &ReservedEnd();
  while (bytes > 0 && count < iov.size()) {
    Slice* slice = NewSlice();
    *end = slice;
    end = &slice->next;
    const size_t n = std::min(Block::capacity(), bytes);
    iov[count++] = {slice->block->data(), n};
    bytes -= n;
  }
  return count;
}

void Buffer::CommitSlow(size_t n) {
  Slice* slice = std::exchange(ReservedEnd(), nullptr);
  const size_t in_tail = std::min(n, TailRoom());
  if (in_tail > 0) GrowTail(in_tail);
  n -= in_tail;
  while (slice != nullptr) {
    Slice* next = slice->next;
    const size_t part = std::min(n, Block::capacity());
    if (part == 0) {
      Free(slice);
    } else {
      Link(slice);
      GrowTail(part);
      n -= part;
    }
    slice = next;
  }
  SLUICE_CHECK(n == 0);  // more than was reserved
}

size_t Buffer::Peek(absl::Span<iovec> iov) const {
  size_t count = 0;
  for (const Slice* slice = head_; slice != nullptr && count < iov.size(); slice = slice->next) {
    iov[count++] = {slice->data(), slice->size()};
  }
  return count;
}

}  // namespace sluice
