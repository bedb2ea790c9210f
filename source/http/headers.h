// Headers: one header section (or trailer section), in order of arrival, names in lower case; the
// start line is in it as pseudo-headers. A flat vector whose storage and text live in one stream's
// arena.
//
// One thread; valid until the arena is reset. Views handed in by the `Reference` calls must live as
// long as the arena; the others copy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/base/arena.h"
#include "source/http/header_names.h"

namespace sluice {

struct Header {
  absl::string_view name;
  absl::string_view value;
  HeaderId id;
  // Name, ": ", value and CRLF follow each other in memory: it came over HTTP/1, and can go out as
  // the line that it was.
  bool is_line = false;
};

class Headers {
 public:
  explicit Headers(Arena& arena) : arena_(&arena) {}
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Header* begin() const { return entries_; }
  const Header* end() const { return entries_ + count_; }

  // First of that name, or null; the first value, or empty.
  const Header* Find(HeaderId id) const {
    const uint32_t at = first_[static_cast<size_t>(id)];
    if (at == 0) return nullptr;
    return at < kSaturated ? entries_ + at - 1 : FindBeyond(id);
  }
  const Header* Find(absl::string_view lower_case_name) const;
  absl::string_view Get(HeaderId id) const {
    const Header* const header = Find(id);
    return header == nullptr ? absl::string_view() : header->value;
  }
  bool Has(HeaderId id) const { return first_[static_cast<size_t>(id)] != 0; }
  template <HeaderId... ids>
  bool HasAnyOf() const {
    return (first_[static_cast<size_t>(ids)] | ...) != 0;
  }
  size_t Count(HeaderId id) const;

  void AddReference(HeaderId id, absl::string_view value) {
    AddReference(HeaderNameText(id), id, value);
  }
  // `id` is that of the name, kUnknown where it has none.
  void AddReference(absl::string_view lower_case_name, HeaderId id, absl::string_view value) {
    if (count_ == capacity_) Grow();
    entries_[count_++] = {lower_case_name, value, id};
    byte_size_ += BytesOf(lower_case_name, value);
    uint8_t& first = first_[static_cast<size_t>(id)];
    if (first == 0) first = static_cast<uint8_t>(count_ < kSaturated ? count_ : kSaturated);
  }
  // `name` and `value` are parts of a line: see Header.
  void AddLine(absl::string_view lower_case_name, HeaderId id, absl::string_view value) {
    AddReference(lower_case_name, id, value);
    entries_[count_ - 1].is_line = true;
  }
  void Add(HeaderId id, absl::string_view value);
  void Add(absl::string_view name, absl::string_view value);  // lower-cases the name
  // Replaces all of that name by one; adds it at the end where there was none.
  void Set(HeaderId id, absl::string_view value);
  void SetReference(HeaderId id, absl::string_view value);
  void Set(absl::string_view name, absl::string_view value);
  // Appends ", value" to the first of that name, or adds it (RFC 9110 section 5.3).
  void AppendValue(HeaderId id, absl::string_view value);
  size_t Remove(HeaderId id);
  void RemoveFirst(HeaderId id);  // where there is one
  size_t Remove(absl::string_view lower_case_name);
  void Clear();
  // Clear, and holds nothing of the arena any more, which may then be reset.
  void Forget();
  void CopyFrom(const Headers& other);  // texts too
  // To be kept for long, where it takes the least: at `place`, which has packed_bytes() and lives
  // as long as the headers do. Holds nothing of the arena then, as after Forget.
  size_t packed_bytes() const;
  void MoveTo(char* place);  // aligned for a Header

  // Names and values and 2 bytes each for ": " and CRLF, roughly the bytes on an HTTP/1 wire.
  size_t byte_size() const { return byte_size_; }
  Arena& arena() { return *arena_; }

 private:
  // first_ counts in bytes: an entry further back is looked for from here.
  static constexpr uint32_t kSaturated = 255;
  static constexpr size_t kNames = static_cast<size_t>(HeaderId::kCount);
  static constexpr uint8_t kNoEntries[kNames] = {};
  static size_t BytesOf(absl::string_view name, absl::string_view value) {
    return name.size() + value.size() + 4;
  }
  const Header* FindBeyond(HeaderId id) const;
  void Grow();
  void Replace(Header& header, absl::string_view value);
  template <class Matches>
  size_t RemoveFrom(Header* from, Matches matches);

  Header* entries_ = nullptr;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  size_t byte_size_ = 0;
  Arena* arena_;
  // 1 + index of the first entry of each known name (saturating; 0: none), so that Find is O(1). In
  // the arena, behind the first entries; while there was no entry yet, one for all that nobody
  // writes to.
  uint8_t* first_ = const_cast<uint8_t*>(kNoEntries);
};

}  // namespace sluice
