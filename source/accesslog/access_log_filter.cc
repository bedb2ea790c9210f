#include "source/accesslog/access_log_filter.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace sluice {
namespace {

using Filter = AccessLogFilter;

// Neighbouring stream ids fall anywhere (the finalizer of MurmurHash3).
uint64_t Scatter(uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdu;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53u;
  return value ^ (value >> 33);
}

// The first eight hexadecimal digits of the request id, as Envoy takes them; else the stream's
// number.
uint64_t SampleValue(const FormatContext& context, bool independent) {
  constexpr size_t kDigits = 8;
  if (!independent && context.request != nullptr) {
    const absl::string_view id = context.request->Get(HeaderId::kXRequestId);
    uint32_t value = 0;
    if (id.size() >= kDigits && absl::SimpleHexAtoi(id.substr(0, kDigits), &value)) return value;
  }
  return Scatter(context.info.stream_id);
}

struct Matcher {
  const FormatContext& context;

  bool operator()(const Filter::NotHealthCheck&) const { return true; }
  bool operator()(const Filter::StatusCode& code) const {
    return code.comparison.Holds(context.info.response_code);
  }
  bool operator()(const Filter::DurationMilliseconds& duration) const {
    const StreamInfo& info = context.info;
    if (info.end == MonotonicTime{}) return false;
    return duration.comparison.Holds(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(info.end - info.start).count()));
  }
  bool operator()(const Filter::Sample& sample) const {
    return sample.fraction.Includes(SampleValue(context, sample.independent));
  }
  bool operator()(const Filter::AllOf& all) const {
    return std::all_of(all.filters.begin(), all.filters.end(),
                       [this](const Filter& filter) { return filter.Matches(context); });
  }
  bool operator()(const Filter::AnyOf& any) const {
    return std::any_of(any.filters.begin(), any.filters.end(),
                       [this](const Filter& filter) { return filter.Matches(context); });
  }
  bool operator()(const HeaderMatch& header) const {
    return context.request != nullptr && header.Matches(*context.request);
  }
  bool operator()(const Filter::Flags& flags) const {
    return (context.info.flags.bits & flags.any_of) != 0;
  }
  bool operator()(const Filter::LogTypes& types) const {
    const bool listed = ((types.bits >> static_cast<int>(context.type)) & 1) != 0;
    return listed != types.exclude;
  }
};

}  // namespace

bool AccessLogFilter::Comparison::Holds(uint64_t number) const {
  const auto bound = static_cast<uint64_t>(std::min<double>(value, UINT32_MAX));
  switch (op) {
    case Op::kEqual:
      return number == bound;
    case Op::kAtLeast:
      return number >= bound;
    case Op::kAtMost:
      return number <= bound;
  }
  return false;
}

bool AccessLogFilter::Matches(const FormatContext& context) const {
  return std::visit(Matcher{context}, condition);
}

}  // namespace sluice
