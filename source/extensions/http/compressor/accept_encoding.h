// What accept-encoding says of gzip: RFC 9110 section 12.5.3. A value on the stack.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

enum class EncodingChoice : uint8_t {
  kNotAsked,  // there is no such header
  kGzip,      // named, and none that could be had is wanted more
  kWildcard,  // "*" stands for it
  kIdentity,  // as it is
  kNotValid,  // nothing of what is named can be had
};

class AcceptedEncodings {
 public:
  // The header's lines, one after the other.
  void Add(absl::string_view value);
  EncodingChoice choice() const;

 private:
  static constexpr int kNotNamed = -1;
  bool is_there_ = false;
  // In thousandths.
  int gzip_ = kNotNamed;
  int any_ = kNotNamed;
  int identity_ = kNotNamed;
};

}  // namespace sluice
