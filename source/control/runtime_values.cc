#include "source/control/runtime_values.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "envoy/type/v3/percent.pb.h"
#include "source/base/status_macros.h"
#include "source/config/bounded_file.h"
#include "source/config/config_file.h"

namespace sluice {
namespace {

using envoy::type::v3::FractionalPercent;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kFileBytesMax = 16 * 1024;
constexpr size_t kFilesMax = 10'000;
constexpr int kDepthMax = 16;  // as Envoy

uint32_t PartsPerMillion(const FractionalPercent& fraction) {
  constexpr uint64_t kMillion = 1'000'000;
  uint64_t unit = 10'000;
  if (fraction.denominator() == FractionalPercent::TEN_THOUSAND) unit = 100;
  if (fraction.denominator() == FractionalPercent::MILLION) unit = 1;
  return static_cast<uint32_t>(std::min(fraction.numerator() * unit, kMillion));
}

std::optional<FractionalPercent> ReadFraction(const std::string& text) {
  if (!absl::StrContains(text, "numerator")) return std::nullopt;
  SourceLines lines;
  ConfigErrors errors;
  FractionalPercent fraction;
  ReadConfigText(text, ConfigFormat::kYaml, "runtime", ConfigLimits(), fraction, lines, errors);
  if (!errors.empty()) return std::nullopt;
  return fraction;
}

std::string NumberText(double number) {
  const bool is_whole = std::floor(number) == number && std::abs(number) < 1e15;
  return is_whole ? absl::StrCat(static_cast<int64_t>(number)) : absl::StrCat(number);
}

bool IsFraction(const Struct& proto) {
  bool has_numerator = false;
  for (const auto& [name, value] : proto.fields()) {
    if (name != "numerator" && name != "denominator") return false;
    if (value.has_struct_value()) return false;
    has_numerator |= name == "numerator";
  }
  return has_numerator;
}

std::string TextOf(const Value& value) {
  return value.has_number_value() ? NumberText(value.number_value()) : value.string_value();
}

// As text, which is how it is shown too.
std::string FractionText(const Struct& proto) {
  const auto denominator = proto.fields().find("denominator");
  return absl::StrCat("{numerator: ", TextOf(proto.fields().at("numerator")), ", denominator: ",
                      denominator == proto.fields().end() ? "HUNDRED" : TextOf(denominator->second),
                      "}");
}

void Add(const Struct& proto, const std::string& prefix, const FieldScope& scope,
         RuntimeValues& values);

void AddValue(const Value& value, const std::string& key, const FieldScope& scope,
              RuntimeValues& values) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      values[key] = {NumberText(value.number_value()), value.number_value(), std::nullopt};
      return;
    case Value::kBoolValue:
      values[key] = {value.bool_value() ? "true" : "false", std::nullopt, std::nullopt};
      return;
    case Value::kStringValue:
      values[key] = ReadRuntimeText(value.string_value());
      return;
    case Value::kStructValue:
      if (!IsFraction(value.struct_value())) return Add(value.struct_value(), key, scope, values);
      values[key] = ReadRuntimeText(FractionText(value.struct_value()));
      if (values[key].parts_per_million.has_value()) return;
      return scope.Error(absl::StrCat("\"", key, "\" is no fraction: ", values[key].text));
    default:
      return scope.Error(absl::StrCat("\"", key, "\" must be a number, a text or a bool"));
  }
}

void Add(const Struct& proto, const std::string& prefix, const FieldScope& scope,
         RuntimeValues& values) {
  for (const auto& [name, value] : proto.fields()) {
    AddValue(value, prefix.empty() ? name : absl::StrCat(prefix, ".", name), scope, values);
  }
}

std::string WithoutComments(const std::string& text) {
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, "#")) absl::StrAppend(&kept, line, "\n");
  }
  return std::string(absl::StripTrailingAsciiWhitespace(kept));
}

absl::Status AddFolder(const std::filesystem::path& folder, const std::string& prefix, int depth,
                       RuntimeValues& values) {
  if (depth > kDepthMax) return absl::InvalidArgumentError(absl::StrCat(prefix, " is too deep"));
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::string key = prefix.empty() ? name : absl::StrCat(prefix, ".", name);
    std::error_code no_folder;
    if (std::filesystem::is_directory(at->path(), no_folder)) {
      RETURN_IF_ERROR(AddFolder(at->path(), key, depth + 1, values));
      continue;
    }
    if (values.size() >= kFilesMax) return absl::InvalidArgumentError("there are too many files");
    std::string text;
    RETURN_IF_ERROR(ReadBoundedFile(at->path().string(), kFileBytesMax, text));
    values[key] = ReadRuntimeText(WithoutComments(text));
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(folder.string(), ": ", error.message()));
}

}  // namespace

RuntimeValues ReadRuntimeStruct(const Struct& layer, const FieldScope& scope) {
  RuntimeValues values;
  Add(layer, "", scope, values);
  return values;
}

RuntimeValue ReadRuntimeText(const std::string& text) {
  RuntimeValue value{text, std::nullopt, std::nullopt};
  double number = 0;
  if (absl::SimpleAtod(text, &number) && std::isfinite(number)) {
    value.number = number;
  } else if (const auto fraction = ReadFraction(text); fraction.has_value()) {
    value.parts_per_million = PartsPerMillion(*fraction);
  }
  return value;
}

absl::StatusOr<RuntimeValues> ReadRuntimeFolder(const std::string& path) {
  RuntimeValues values;
  const absl::Status status = AddFolder(path, "", 1, values);
  if (!status.ok()) return status;
  return values;
}

}  // namespace sluice
