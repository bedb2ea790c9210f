#include "source/tls/certificate_dates.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "absl/time/time.h"
#include "source/base/log.h"
#include "source/tls/asn1_time.h"

namespace sluice {
namespace {

void Earlier(std::optional<WallTime>& first, std::optional<WallTime> other) {
  if (other.has_value() && (!first.has_value() || *other < *first)) first = other;
}

std::string Text(WallTime time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", absl::FromUnixSeconds(PosixSeconds(time)),
                          absl::UTCTimeZone());
}

}  // namespace

CertificateDates::Ends CertificateDates::EndsOf(const TlsContext& context) {
  Ends ends;
  for (const auto& certificate : context.certificates()) {
    Earlier(ends.certificate, certificate->not_after());
    if (certificate->ocsp().has_value()) Earlier(ends.staple, certificate->ocsp()->next_update());
  }
  if (context.verifier() != nullptr) {
    Earlier(ends.certificate, context.verifier()->first_authority_ends());
  }
  return ends;
}

int64_t CertificateDates::DaysUntilFirstCertificateEnds(WallTime now) {
  std::optional<WallTime> first;
  all_.ForEach([&first](const Entry& entry) { Earlier(first, entry.ends_.certificate); });
  if (!first.has_value()) return std::numeric_limits<uint32_t>::max();
  return std::max<int64_t>(
      0, std::chrono::duration_cast<std::chrono::hours>(*first - now).count() / 24);
}

int64_t CertificateDates::SecondsUntilFirstStapleEnds(WallTime now) {
  std::optional<WallTime> first;
  all_.ForEach([&first](const Entry& entry) { Earlier(first, entry.ends_.staple); });
  if (!first.has_value()) return 0;
  return std::max<int64_t>(0,
                           std::chrono::duration_cast<std::chrono::seconds>(*first - now).count());
}

void WarnOfDates(const std::string& place, const TlsContext& context, WallTime now) {
  for (const auto& certificate : context.certificates()) {
    const std::string name = certificate->names().empty()
                                 ? "no name"
                                 : absl::StrCat("\"", certificate->names()[0], "\"");
    if (certificate->not_after() <= now) {
      SLUICE_LOG(kSecret, kWarning, place, ": the certificate of ", name,
                 " has expired: ", Text(certificate->not_after()));
    } else if (now < certificate->not_before()) {
      SLUICE_LOG(kSecret, kWarning, place, ": the certificate of ", name, " is not valid before ",
                 Text(certificate->not_before()));
    }
  }
}

}  // namespace sluice
