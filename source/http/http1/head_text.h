// HeadText: gives a parser the beginning of a buffer as one piece of text, and remembers what has
// been looked at, so that a head that comes in small pieces is not read again for each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/http/http1/parser.h"

namespace sluice {

class HeadText {
 public:
  // Calls `parse(text)`, first with what lies in one piece, then, if that is not enough, with all
  // that the limit allows, copied together. `seen` is 0 before a section's first byte and
  // afterwards kept for it by the caller. kNeedMore beyond the limit is the caller's error to
  // report: see exceeded().
  template <class Parse>
  ParseStatus Run(const Buffer& in, size_t bytes_max, uint32_t* seen, Parse parse) {
    const size_t size = in.size();
    const size_t before = *seen;
    *seen = static_cast<uint32_t>(size < UINT32_MAX ? size : UINT32_MAX);
    exceeded_ = size > bytes_max;
    // Only a line's end can make it complete; what else is wrong with it can wait for one.
    if (before != 0 && !exceeded_ && !in.Find('\n', before) && !in.Find('\r', before - 1)) {
      return ParseStatus::kNeedMore;
    }
    const size_t limit = exceeded_ ? bytes_max : size;
    text_ = in.Front().substr(0, limit);
    ParseStatus status = parse(text_);
    if (status == ParseStatus::kNeedMore && text_.size() < limit) {
      copy_ = std::make_unique<char[]>(limit);
      text_ = in.Linear(limit, copy_.get());
      status = parse(text_);
    }
    return status;
  }

  absl::string_view text() const { return text_; }  // what was parsed last
  bool exceeded() const { return exceeded_; }

 private:
  absl::string_view text_;
  // A head that lies across two blocks is rare (once in 16 KiB at most), so it may cost an
  // allocation.
  std::unique_ptr<char[]> copy_;
  bool exceeded_ = false;
};

}  // namespace sluice
