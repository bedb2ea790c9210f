// SLUICE_CHECK: what must hold for memory to stay safe, in every build. SLUICE_DCHECK: what our own
// code promises, in debug and sanitizer builds. Peers and configurations never trigger either.
#pragma once

namespace sluice {

// Prints the place and the condition to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace sluice

#define SLUICE_CHECK(condition) \
  ((condition) ? void() : ::sluice::CheckFailed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
// Compiled, so that it cannot rot, but never run.
#define SLUICE_DCHECK(condition) (true ? void() : void(condition))
#else
#define SLUICE_DCHECK(condition) SLUICE_CHECK(condition)
#endif
