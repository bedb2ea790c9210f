#include "source/config/proto_fields.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/type/v3/percent.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/wrappers.pb.h"
#include "source/config/bounded_file.h"

namespace sluice {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor& FieldOf(const Message& message, std::string_view name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr) {
    fprintf(stderr, "%s has no field %.*s\n", message.GetDescriptor()->full_name().c_str(),
            static_cast<int>(name.size()), name.data());
    abort();
  }
  return *field;
}

// The message in `name`, of type T, or null when it is not set.
template <class T>
const T* Find(const Message& message, std::string_view name) {
  const FieldDescriptor& field = FieldOf(message, name);
  if (field.is_repeated() || field.message_type() != T::descriptor()) {
    fprintf(stderr, "%s is not a %s\n", field.full_name().c_str(),
            T::descriptor()->full_name().c_str());
    abort();
  }
  if (!message.GetReflection()->HasField(message, &field)) return nullptr;
  return static_cast<const T*>(&message.GetReflection()->GetMessage(message, &field));
}

std::string Seconds(Duration duration) {
  return absl::StrCat(std::chrono::duration<double>(duration).count(), "s");
}

}  // namespace

std::optional<Duration> ReadDuration(const google::protobuf::Duration& duration,
                                     const FieldScope& scope, DurationRange range) {
  // Compared in seconds first: ten thousand years do not fit Duration.
  constexpr int64_t kSecondsMax = std::numeric_limits<int64_t>::max() / 1'000'000'000 - 1;
  constexpr int32_t kNanosMax = 999'999'999;
  if (duration.nanos() < -kNanosMax || duration.nanos() > kNanosMax ||
      (duration.seconds() > 0 && duration.nanos() < 0) ||
      (duration.seconds() < 0 && duration.nanos() > 0)) {
    scope.Error("is not a duration: nanos must be below a second and of the sign of seconds");
    return std::nullopt;
  }
  bool fits = duration.seconds() >= -kSecondsMax && duration.seconds() <= kSecondsMax;
  Duration value = fits ? std::chrono::seconds(duration.seconds()) + Duration(duration.nanos())
                        : Duration::zero();
  if (fits && value >= range.min && value <= range.max) return value;
  scope.Error(absl::StrCat("must be a duration from ", Seconds(range.min), " to ",
                           Seconds(range.max), ", is ", duration.seconds(), "s"));
  return std::nullopt;
}

std::optional<Duration> OptionalDuration(const Message& message, std::string_view field,
                                         const FieldScope& scope, DurationRange range) {
  const auto* duration = Find<google::protobuf::Duration>(message, field);
  if (duration == nullptr) return std::nullopt;
  return ReadDuration(*duration, scope.At(field), range);
}

Duration DurationOr(const Message& message, std::string_view field, Duration fallback,
                    const FieldScope& scope, DurationRange range) {
  return OptionalDuration(message, field, scope, range).value_or(fallback);
}

std::optional<uint32_t> OptionalUInt32(const Message& message, std::string_view field,
                                       const FieldScope& scope, UInt32Range range) {
  const auto* wrapper = Find<google::protobuf::UInt32Value>(message, field);
  if (wrapper == nullptr) return std::nullopt;
  if (wrapper->value() >= range.min && wrapper->value() <= range.max) return wrapper->value();
  scope.At(field).Error(
      absl::StrCat("must be from ", range.min, " to ", range.max, ", is ", wrapper->value()));
  return std::nullopt;
}

uint32_t UInt32Or(const Message& message, std::string_view field, uint32_t fallback,
                  const FieldScope& scope, UInt32Range range) {
  return OptionalUInt32(message, field, scope, range).value_or(fallback);
}

uint64_t UInt64Or(const Message& message, std::string_view field, uint64_t fallback) {
  const auto* wrapper = Find<google::protobuf::UInt64Value>(message, field);
  return wrapper == nullptr ? fallback : wrapper->value();
}

bool BoolOr(const Message& message, std::string_view field, bool fallback) {
  const auto* wrapper = Find<google::protobuf::BoolValue>(message, field);
  return wrapper == nullptr ? fallback : wrapper->value();
}

double DoubleOr(const Message& message, std::string_view field, double fallback) {
  const auto* wrapper = Find<google::protobuf::DoubleValue>(message, field);
  return wrapper == nullptr ? fallback : wrapper->value();
}

bool Required(const Message& message, std::string_view name, const FieldScope& scope) {
  const FieldDescriptor& field = FieldOf(message, name);
  bool is_set = field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) > 0
                                    : message.GetReflection()->HasField(message, &field);
  if (!is_set) scope.At(name).Error("is required");
  return is_set;
}

std::optional<uint32_t> ReadPartsPerMillion(const envoy::type::v3::FractionalPercent& percent,
                                            const FieldScope& scope) {
  using Percent = envoy::type::v3::FractionalPercent;
  uint32_t whole = 100;
  if (percent.denominator() == Percent::TEN_THOUSAND) whole = 10'000;
  if (percent.denominator() == Percent::MILLION) whole = kMillion;
  if (percent.numerator() > whole) {
    scope.At("numerator")
        .Error(absl::StrCat("must be at most ", whole, " (the denominator), is ",
                            percent.numerator()));
    return std::nullopt;
  }
  return percent.numerator() * (kMillion / whole);
}

std::optional<double> ReadPercent(const envoy::type::v3::Percent& percent,
                                  const FieldScope& scope) {
  if (percent.value() >= 0 && percent.value() <= 100) return percent.value();
  scope.At("value").Error(absl::StrCat("must be from 0 to 100, is ", percent.value()));
  return std::nullopt;
}

std::shared_ptr<const re2::RE2> CompileRegex(std::string_view pattern, const FieldScope& scope,
                                             RegexLimits limits) {
  if (pattern.size() > limits.pattern_bytes_max) {
    scope.Error(absl::StrCat("regular expression of ", pattern.size(), " bytes; at most ",
                             limits.pattern_bytes_max));
    return nullptr;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(limits.memory_bytes_max);
  auto regex =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (regex->ok()) return regex;
  scope.Error(absl::StrCat("not a regular expression of RE2: ", regex->error()),
              "RE2 knows no look-around and no back references");
  return nullptr;
}

std::optional<std::string> ReadDataSource(const envoy::config::core::v3::DataSource& source,
                                          const FieldScope& scope, DataSourceLimits limits) {
  using Source = envoy::config::core::v3::DataSource;
  std::string bytes;
  switch (source.specifier_case()) {
    case Source::kFilename: {
      absl::Status read = ReadBoundedFile(source.filename(), limits.bytes_max, bytes);
      if (read.ok()) return bytes;
      scope.At("filename").Error(read.message());
      return std::nullopt;
    }
    case Source::kInlineBytes:
      bytes = source.inline_bytes();
      break;
    case Source::kInlineString:
      bytes = source.inline_string();
      break;
    case Source::kEnvironmentVariable: {
      const char* value = getenv(source.environment_variable().c_str());
      if (value == nullptr) {
        scope.At("environment_variable")
            .Error(absl::StrCat("\"", source.environment_variable(), "\" is not set"));
        return std::nullopt;
      }
      bytes = value;
      break;
    }
    case Source::SPECIFIER_NOT_SET:
      scope.Error("names no source", "set filename, inline_string or inline_bytes");
      return std::nullopt;
  }
  if (bytes.size() <= limits.bytes_max) return bytes;
  scope.Error(absl::StrCat("holds ", bytes.size(), " bytes; at most ", limits.bytes_max));
  return std::nullopt;
}

}  // namespace sluice
