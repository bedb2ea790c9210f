// StreamTimers: the deadlines of one stream and which of them is next. Pure: the stream owns the
// one real timer. A deadline that is not set is kNever.
#pragma once

#include <algorithm>

#include "source/base/units.h"
#include "source/proxy/failure_table.h"

namespace sluice {

class StreamTimers {
 public:
  static constexpr MonotonicTime kNever = MonotonicTime::max();

  // No byte in either direction for so long; moved on by every Touch. 0: none.
  void SetIdle(Duration timeout, MonotonicTime now) {
    idle_timeout_ = timeout;
    Touch(now);
  }
  // The shorter of that and this.
  void LimitIdle(Duration timeout, MonotonicTime now) {
    const bool limits = idle_timeout_.count() == 0 || timeout < idle_timeout_;
    if (limits && timeout.count() > 0) SetIdle(timeout, now);
  }
  void Touch(MonotonicTime now) { idle_ = After(now, idle_timeout_); }
  void SetRequest(Duration timeout, MonotonicTime now) { request_ = After(now, timeout); }
  void ClearRequest() { request_ = kNever; }
  void SetDuration(Duration timeout, MonotonicTime start) { duration_ = After(start, timeout); }
  void SetUpstream(Duration timeout, MonotonicTime now) { upstream_ = After(now, timeout); }
  void ClearUpstream() { upstream_ = kNever; }

  // A line in the access log every so often. 0: none.
  void SetLog(Duration interval, MonotonicTime now) { log_ = After(now, interval); }
  bool LogDue(MonotonicTime now) const { return log_ <= now; }

  // What a tunnel has to see to by itself. True: that is sooner than anything was expected.
  bool SetTunnel(MonotonicTime at) {
    const bool sooner = at < next();
    tunnel_ = at;
    return sooner;
  }
  bool TunnelDue(MonotonicTime now) const { return tunnel_ <= now; }
  // It is being closed, which has a limit of its own.
  void KeepTunnelOnly() {
    idle_timeout_ = Duration{0};
    idle_ = request_ = duration_ = upstream_ = kNever;
  }

  MonotonicTime next() const {
    return std::min({idle_, request_, duration_, upstream_, log_, tunnel_});
  }
  // The deadline that has passed, if one has; what it means depends on no order of calls.
  Failure Due(MonotonicTime now) const {
    if (duration_ <= now) return Failure::kMaxDuration;
    if (upstream_ <= now) return Failure::kUpstreamTimeout;
    if (request_ <= now) return Failure::kRequestTimeout;
    if (idle_ <= now) return Failure::kStreamIdleTimeout;
    return Failure::kNone;
  }

 private:
  static MonotonicTime After(MonotonicTime from, Duration timeout) {
    return timeout.count() == 0 ? kNever : from + timeout;
  }
  Duration idle_timeout_{0};
  MonotonicTime idle_ = kNever;
  MonotonicTime request_ = kNever;
  MonotonicTime duration_ = kNever;
  MonotonicTime upstream_ = kNever;
  MonotonicTime log_ = kNever;
  MonotonicTime tunnel_ = kNever;
};

}  // namespace sluice
