// CertificateDates: until when the certificates in use are good, ours and those we trust, and the
// OCSP answers that go with ours: for a warning when they are loaded, and for gauges. Main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "source/base/intrusive_list.h"
#include "source/base/units.h"
#include "source/tls/tls_context.h"

namespace sluice {

class CertificateDates {
 public:
  // Of one context; what it has none of is left out.
  struct Ends {
    std::optional<WallTime> certificate;
    std::optional<WallTime> staple;
  };
  static Ends EndsOf(const TlsContext& context);

  // A context's place among the others. Its end takes the context out. It may outlive the dates: a
  // context may hang on a task that its worker has never run.
  class Entry : public ListNode<> {
   public:
    Entry(CertificateDates& dates, const Ends& ends) : ends_(ends) { dates.all_.PushBack(*this); }
    ~Entry() { Unlink(); }
    void Set(const Ends& ends) { ends_ = ends; }

   private:
    friend class CertificateDates;
    Ends ends_;
  };

  // As Envoy has it: whole days; 0 when one is over, the largest uint32 when there is none.
  int64_t DaysUntilFirstCertificateEnds(WallTime now);
  // 0 when one is over, and when there is none.
  int64_t SecondsUntilFirstStapleEnds(WallTime now);

 private:
  IntrusiveList<Entry> all_;
};

// Certificates of ours that no peer will accept today are used all the same, as clocks may be wrong
// and peers may not care; but it is said. `place`: "listener.0.0.0.0_443".
void WarnOfDates(const std::string& place, const TlsContext& context, WallTime now);

}  // namespace sluice
