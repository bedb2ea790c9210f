#include "source/tls/asn1_time.h"

#include <algorithm>
#include <chrono>

#include "openssl/asn1.h"

namespace sluice {

WallTime WallTimeOf(const ASN1_TIME* time) {
  const bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int seconds = 0;
  if (time == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return {};
  constexpr int64_t kDaysMax = 106000;  // of nanoseconds in 64 bits, a little less
  const int64_t whole_days = std::clamp<int64_t>(days, -kDaysMax, kDaysMax);
  return WallTime(std::chrono::seconds(whole_days * 86400 + seconds));
}

int64_t PosixSeconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace sluice
