// Times of certificates as the house's. Pure.
#pragma once

#include "openssl/base.h"
#include "source/base/units.h"

namespace sluice {

// A time beyond what WallTime holds (it ends in the year 2262) is the last or first it holds.
WallTime WallTimeOf(const ASN1_TIME* time);

// POSIX seconds, as X509 verification takes its time.
int64_t PosixSeconds(WallTime time);

}  // namespace sluice
