#include "source/accesslog/access_log_filter_config.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "source/accesslog/response_flags.h"
#include "source/config/proto_fields.h"
#include "source/http/match/match_config.h"

namespace sluice {
namespace {

namespace pb = envoy::config::accesslog::v3;
using Filter = AccessLogFilter;

Filter::Comparison ReadComparison(const pb::ComparisonFilter& proto, RuntimeKeys* runtime) {
  using Op = Filter::Comparison::Op;
  const Op op = proto.op() == pb::ComparisonFilter::GE   ? Op::kAtLeast
                : proto.op() == pb::ComparisonFilter::LE ? Op::kAtMost
                                                         : Op::kEqual;
  RuntimeNumber value(proto.value().default_value(), proto.value().runtime_key());
  BindRuntime(runtime, value);
  return {op, std::move(value)};
}

// Envoy's flags that nothing here ever sets: a filter may name them.
bool NeverSet(absl::string_view flag) {
  return flag == "RFCF" || flag == "DF" || flag == "DO" || flag == "DR";
}

Filter::Flags ReadFlags(const pb::ResponseFlagFilter& proto, const FieldScope& scope) {
  Filter::Flags flags;
  if (proto.flags().empty()) flags.any_of = ~uint64_t{0};
  for (int i = 0; i < proto.flags_size(); ++i) {
    const std::optional<ResponseFlag> flag = FindResponseFlag(proto.flags(i));
    if (flag.has_value()) {
      flags.any_of |= uint64_t{1} << static_cast<int>(*flag);
    } else if (!NeverSet(proto.flags(i))) {
      scope.At("flags", i).Error(absl::StrCat("unknown response flag \"", proto.flags(i), "\""));
    }
  }
  return flags;
}

Filter::LogTypes ReadLogTypes(const pb::LogTypeFilter& proto, const FieldScope& scope) {
  Filter::LogTypes types;
  types.exclude = proto.exclude();
  for (int i = 0; i < proto.types_size(); ++i) {
    if (proto.types(i) < 0 || proto.types(i) >= static_cast<int>(AccessLogType::kCount)) {
      scope.At("types", i).Error(absl::StrCat("unknown value ", proto.types(i)));
    } else {
      types.bits |= 1u << proto.types(i);
    }
  }
  return types;
}

// The runtime sets the numerator of percent_sampled.
uint32_t UnitOf(const envoy::type::v3::FractionalPercent& percent) {
  switch (percent.denominator()) {
    case envoy::type::v3::FractionalPercent::TEN_THOUSAND:
      return 100;
    case envoy::type::v3::FractionalPercent::MILLION:
      return 1;
    default:
      return 10'000;
  }
}

Filter::Sample ReadSample(const pb::RuntimeFilter& proto, const FieldScope& scope,
                          RuntimeKeys* runtime) {
  Filter::Sample sample;
  sample.independent = proto.use_independent_randomness();
  if (proto.has_percent_sampled()) {
    const auto parts = ReadPartsPerMillion(proto.percent_sampled(), scope.At("percent_sampled"));
    sample.fraction.parts_per_million = parts.value_or(0);
  }
  sample.fraction.runtime_key = proto.runtime_key();
  sample.fraction.runtime_unit = UnitOf(proto.percent_sampled());
  BindRuntime(runtime, sample.fraction);
  return sample;
}

Filter Read(const pb::AccessLogFilter& proto, const FieldScope& scope, RuntimeKeys* runtime);

template <class Several>
std::vector<Filter> ReadAll(const Several& proto, const FieldScope& scope, RuntimeKeys* runtime) {
  std::vector<Filter> filters;
  if (proto.filters_size() < 2) scope.At("filters").Error("needs two filters at least");
  for (int i = 0; i < proto.filters_size(); ++i) {
    filters.push_back(Read(proto.filters(i), scope.At("filters", i), runtime));
  }
  return filters;
}

// A filter that would let every line through, or none, must not stand for one that is not built in.
Filter Refuse(absl::string_view field, absl::string_view why, const FieldScope& scope) {
  scope.At(field).Error(why);
  return {};
}

Filter Read(const pb::AccessLogFilter& proto, const FieldScope& scope, RuntimeKeys* runtime) {
  switch (proto.filter_specifier_case()) {
    case pb::AccessLogFilter::kStatusCodeFilter:
      return {Filter::StatusCode{ReadComparison(proto.status_code_filter().comparison(), runtime)}};
    case pb::AccessLogFilter::kDurationFilter:
      return {Filter::DurationMilliseconds{
          ReadComparison(proto.duration_filter().comparison(), runtime)}};
    case pb::AccessLogFilter::kNotHealthCheckFilter:
      return {Filter::NotHealthCheck{}};
    case pb::AccessLogFilter::kTraceableFilter:
      return Refuse("traceable_filter", "there is no tracing to ask", scope);
    case pb::AccessLogFilter::kRuntimeFilter:
      return {ReadSample(proto.runtime_filter(), scope.At("runtime_filter"), runtime)};
    case pb::AccessLogFilter::kAndFilter:
      return {Filter::AllOf{ReadAll(proto.and_filter(), scope.At("and_filter"), runtime)}};
    case pb::AccessLogFilter::kOrFilter:
      return {Filter::AnyOf{ReadAll(proto.or_filter(), scope.At("or_filter"), runtime)}};
    case pb::AccessLogFilter::kHeaderFilter: {
      const FieldScope header_scope = scope.At("header_filter");
      auto header = ParseHeaderMatch(proto.header_filter().header(), header_scope.At("header"));
      if (!header.has_value()) return {};
      return {*std::move(header)};
    }
    case pb::AccessLogFilter::kResponseFlagFilter:
      return {ReadFlags(proto.response_flag_filter(), scope.At("response_flag_filter"))};
    case pb::AccessLogFilter::kLogTypeFilter:
      return {ReadLogTypes(proto.log_type_filter(), scope.At("log_type_filter"))};
    case pb::AccessLogFilter::kGrpcStatusFilter:
      return Refuse("grpc_status_filter", "is not among the filters built in", scope);
    case pb::AccessLogFilter::kExtensionFilter:
      return Refuse("extension_filter", "no filter extension is built in", scope);
    case pb::AccessLogFilter::kMetadataFilter:
      return Refuse("metadata_filter", "is not among the filters built in", scope);
    case pb::AccessLogFilter::FILTER_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error("needs a filter", "set status_code_filter, or another of its kind");
  return {};
}

}  // namespace

std::unique_ptr<const AccessLogFilter> ParseAccessLogFilter(const pb::AccessLogFilter& proto,
                                                            const FieldScope& scope,
                                                            RuntimeKeys* runtime) {
  const size_t errors_before = scope.errors().size();
  Filter filter = Read(proto, scope, runtime);
  if (scope.errors().size() != errors_before) return nullptr;
  return std::make_unique<const AccessLogFilter>(std::move(filter));
}

}  // namespace sluice
