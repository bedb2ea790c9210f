#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "re2/re2.h"
#include "source/base/units.h"
#include "source/config/field_scope.h"

namespace envoy::config::core::v3 {
class DataSource;
}
namespace envoy::type::v3 {
class FractionalPercent;
class Percent;
}  // namespace envoy::type::v3

namespace sluice {

// Fields of a proto as plain values, for *_config.cc. Fields are named, once, by their proto name:
//   config.idle_timeout = DurationOr(options, "idle_timeout", std::chrono::hours(1), scope);
// reads options.idle_timeout and reports at scope.At("idle_timeout"). A value out of range is an
// error, and the fallback is returned so that reading can go on. Naming a field that the message
// does not have, or of another type, is a bug and stops the program. Main thread, at load.

struct DurationRange {
  Duration min = Duration::zero();
  // What 64 bits of nanoseconds hold, about 292 years, shortened to leave room for sums.
  Duration max = std::chrono::hours(24 * 365 * 100);
};

struct UInt32Range {
  uint32_t min = 0;
  uint32_t max = std::numeric_limits<uint32_t>::max();
};

// google.protobuf.Duration.
std::optional<Duration> ReadDuration(const google::protobuf::Duration& duration,
                                     const FieldScope& scope, DurationRange range = {});
std::optional<Duration> OptionalDuration(const google::protobuf::Message& message,
                                         std::string_view field, const FieldScope& scope,
                                         DurationRange range = {});
Duration DurationOr(const google::protobuf::Message& message, std::string_view field,
                    Duration fallback, const FieldScope& scope, DurationRange range = {});

// The wrappers: google.protobuf.UInt32Value, UInt64Value, BoolValue, DoubleValue.
uint32_t UInt32Or(const google::protobuf::Message& message, std::string_view field,
                  uint32_t fallback, const FieldScope& scope, UInt32Range range = {});
std::optional<uint32_t> OptionalUInt32(const google::protobuf::Message& message,
                                       std::string_view field, const FieldScope& scope,
                                       UInt32Range range = {});
uint64_t UInt64Or(const google::protobuf::Message& message, std::string_view field,
                  uint64_t fallback);
bool BoolOr(const google::protobuf::Message& message, std::string_view field, bool fallback);
double DoubleOr(const google::protobuf::Message& message, std::string_view field, double fallback);

// True when `field` (a message, a string or a list) is set and not empty; else reports "is
// required".
bool Required(const google::protobuf::Message& message, std::string_view field,
              const FieldScope& scope);

// Parts per million: 25 % is 250,000. More than the whole is an error.
constexpr uint32_t kMillion = 1'000'000;
std::optional<uint32_t> ReadPartsPerMillion(const envoy::type::v3::FractionalPercent& percent,
                                            const FieldScope& scope);
// A percentage from 0 to 100.
std::optional<double> ReadPercent(const envoy::type::v3::Percent& percent, const FieldScope& scope);

// A regular expression in RE2's syntax, matched in linear time. Pattern and program sizes are
// bounded. Null, and an error that says what is wrong, when it cannot be used.
struct RegexLimits {
  size_t pattern_bytes_max = 8 * 1024;
  int64_t memory_bytes_max = 1 << 20;
};
std::shared_ptr<const re2::RE2> CompileRegex(std::string_view pattern, const FieldScope& scope,
                                             RegexLimits limits = {});

// The bytes of a DataSource: a file, an environment variable, or inline.
struct DataSourceLimits {
  size_t bytes_max = 1 << 20;
};
std::optional<std::string> ReadDataSource(const envoy::config::core::v3::DataSource& source,
                                          const FieldScope& scope, DataSourceLimits limits = {});

}  // namespace sluice
