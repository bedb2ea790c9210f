// OcspResponse: an answer of a certificate's authority (RFC 6960) that it is still good, to be
// stapled to handshakes. Read as far as stapling needs: whether the answer is one, of which
// certificate, and how long it holds. Its signature is for the client to check. A value.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "openssl/base.h"
#include "source/base/units.h"

namespace sluice {

class OcspResponse {
 public:
  static absl::StatusOr<OcspResponse> Parse(std::string der);

  bool IsFor(const X509* certificate) const;
  bool IsFresh(WallTime now) const {
    return this_update_ <= now && (!next_update_.has_value() || now < *next_update_);
  }
  const std::optional<WallTime>& next_update() const { return next_update_; }
  const std::string& der() const { return der_; }

 private:
  std::string der_;
  std::string serial_number_;  // the INTEGER's content
  WallTime this_update_{};
  std::optional<WallTime> next_update_;
};

}  // namespace sluice
