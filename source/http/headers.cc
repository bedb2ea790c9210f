#include "source/http/headers.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"

namespace sluice {
namespace {

constexpr uint32_t kFirstCapacity = 16;

}  // namespace

const Header* Headers::FindBeyond(HeaderId id) const {
  for (uint32_t i = kSaturated - 1; i < count_; ++i) {
    if (entries_[i].id == id) return entries_ + i;
  }
  return nullptr;
}

const Header* Headers::Find(absl::string_view lower_case_name) const {
  const HeaderId id = FindHeaderId(lower_case_name);
  if (id != HeaderId::kUnknown) return Find(id);
  for (const Header& header : *this) {
    if (header.id == HeaderId::kUnknown && header.name == lower_case_name) return &header;
  }
  return nullptr;
}

size_t Headers::Count(HeaderId id) const {
  const Header* header = Find(id);
  if (header == nullptr) return 0;
  return std::count_if(header, end(), [id](const Header& other) { return other.id == id; });
}

void Headers::Add(HeaderId id, absl::string_view value) { AddReference(id, arena_->Copy(value)); }

void Headers::Add(absl::string_view name, absl::string_view value) {
  char* text = static_cast<char*>(arena_->Allocate(name.size(), 1));
  std::transform(name.begin(), name.end(), text,
                 [](unsigned char c) { return absl::ascii_tolower(c); });
  const absl::string_view lower(text, name.size());
  AddReference(lower, FindHeaderId(lower), arena_->Copy(value));
}

void Headers::Set(HeaderId id, absl::string_view value) { SetReference(id, arena_->Copy(value)); }

void Headers::Replace(Header& header, absl::string_view value) {
  byte_size_ += value.size() - header.value.size();
  header.value = value;
  header.is_line = false;
}

void Headers::SetReference(HeaderId id, absl::string_view value) {
  Header* first = const_cast<Header*>(Find(id));
  if (first == nullptr) return AddReference(id, value);
  Replace(*first, value);
  RemoveFrom(first + 1, [id](const Header& header) { return header.id == id; });
}

void Headers::Set(absl::string_view name, absl::string_view value) {
  const uint32_t before = count_;
  Add(name, value);
  const Header added = entries_[count_ - 1];
  if (added.id != HeaderId::kUnknown) {
    if (Count(added.id) == 1) return;
    --count_;
    byte_size_ -= BytesOf(added.name, added.value);
    return SetReference(added.id, added.value);
  }
  Header* first = std::find_if(entries_, entries_ + before, [&added](const Header& header) {
    return header.id == HeaderId::kUnknown && header.name == added.name;
  });
  if (first == entries_ + before) return;
  Replace(*first, added.value);
  RemoveFrom(first + 1, [&added](const Header& header) {
    return header.id == HeaderId::kUnknown && header.name == added.name;
  });
}

void Headers::AppendValue(HeaderId id, absl::string_view value) {
  Header* first = const_cast<Header*>(Find(id));
  if (first == nullptr) return Add(id, value);
  const size_t size = first->value.size() + 2 + value.size();
  char* text = static_cast<char*>(arena_->Allocate(size, 1));
  // Either value may be empty and point nowhere, which copy() allows and memcpy does not.
  first->value.copy(text, first->value.size());
  std::memcpy(text + first->value.size(), ", ", 2);
  value.copy(text + first->value.size() + 2, value.size());
  Replace(*first, {text, size});
}

size_t Headers::Remove(HeaderId id) {
  Header* first = const_cast<Header*>(Find(id));
  if (first == nullptr) return 0;
  return RemoveFrom(first, [id](const Header& header) { return header.id == id; });
}

void Headers::RemoveFirst(HeaderId id) {
  const Header* first = Find(id);
  if (first == nullptr) return;
  RemoveFrom(const_cast<Header*>(first),
             [first](const Header& header) { return &header == first; });
}

size_t Headers::Remove(absl::string_view lower_case_name) {
  const HeaderId id = FindHeaderId(lower_case_name);
  if (id != HeaderId::kUnknown) return Remove(id);
  return RemoveFrom(entries_, [lower_case_name](const Header& header) {
    return header.id == HeaderId::kUnknown && header.name == lower_case_name;
  });
}

void Headers::Clear() {
  count_ = 0;
  byte_size_ = 0;
  if (capacity_ != 0) std::memset(first_, 0, kNames);
}

void Headers::Forget() {
  entries_ = nullptr;
  count_ = capacity_ = 0;
  byte_size_ = 0;
  first_ = const_cast<uint8_t*>(kNoEntries);
}

void Headers::CopyFrom(const Headers& other) {
  Clear();
  for (const Header& header : other) {
    const absl::string_view name =
        header.id == HeaderId::kUnknown ? arena_->Copy(header.name) : HeaderNameText(header.id);
    AddReference(name, header.id, arena_->Copy(header.value));
  }
}

size_t Headers::packed_bytes() const {
  size_t bytes = count_ * sizeof(Header) + kNames;
  for (const Header& header : *this) {
    bytes += header.value.size() + (header.id == HeaderId::kUnknown ? header.name.size() : 0);
  }
  return (bytes + alignof(Header) - 1) / alignof(Header) * alignof(Header);
}

void Headers::MoveTo(char* place) {
  Header* const entries = reinterpret_cast<Header*>(place);
  uint8_t* const first = reinterpret_cast<uint8_t*>(entries + count_);
  char* text = reinterpret_cast<char*>(first + kNames);
  const auto move = [&text](absl::string_view from) {
    if (!from.empty()) std::memcpy(text, from.data(), from.size());
    text += from.size();
    return absl::string_view(text - from.size(), from.size());
  };
  for (uint32_t i = 0; i < count_; ++i) {
    const Header& header = entries_[i];
    const bool known = header.id != HeaderId::kUnknown;
    new (entries + i) Header{known ? HeaderNameText(header.id) : move(header.name),
                             move(header.value), header.id};
  }
  std::memcpy(first, first_, kNames);
  entries_ = entries;
  first_ = first;
  capacity_ = count_;
}

template <class Matches>
size_t Headers::RemoveFrom(Header* from, Matches matches) {
  Header* last = std::remove_if(from, entries_ + count_, matches);
  const size_t removed = entries_ + count_ - last;
  if (removed == 0) return 0;
  count_ -= removed;
  byte_size_ = 0;
  std::memset(first_, 0, kNames);
  for (uint32_t i = 0; i < count_; ++i) {
    byte_size_ += BytesOf(entries_[i].name, entries_[i].value);
    uint8_t& first = first_[static_cast<size_t>(entries_[i].id)];
    if (first == 0) first = std::min(i + 1, uint32_t{kSaturated});
  }
  return removed;
}

void Headers::Grow() {
  const bool first_time = capacity_ == 0;
  const uint32_t capacity = first_time ? kFirstCapacity : capacity_ * 2;
  const size_t bytes = capacity * sizeof(Header);
  char* const memory =
      static_cast<char*>(arena_->Allocate(bytes + (first_time ? kNames : 0), alignof(Header)));
  auto* const entries = reinterpret_cast<Header*>(memory);
  if (first_time) {
    first_ = static_cast<uint8_t*>(std::memset(memory + bytes, 0, kNames));
  } else {
    std::memcpy(static_cast<void*>(entries), entries_, count_ * sizeof(Header));
  }
  entries_ = entries;
  capacity_ = capacity;
}

}  // namespace sluice
