#include "source/route/header_edits_config.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/base.pb.h"

namespace sluice {
namespace {

using envoy::config::core::v3::HeaderValueOption;

// The request's target and framing are changed by rewrites, never by header edits, as in Envoy.
bool CheckName(const std::string& name, absl::string_view verb, const FieldScope& scope) {
  if (name.empty()) {
    scope.Error("is required");
    return false;
  }
  if (name[0] == ':' || absl::EqualsIgnoreCase(name, "host")) {
    scope.Error(absl::StrCat("\"", name, "\" may not be ", verb),
                "pseudo-headers and host are changed by host_rewrite and path rewrites");
    return false;
  }
  return true;
}

HeaderAction ActionOf(const HeaderValueOption& option, const FieldScope& scope) {
  if (option.has_append()) {
    if (option.append_action() != HeaderValueOption::APPEND_IF_EXISTS_OR_ADD) {
      scope.At("append").Error("append and append_action are both set", "set append_action only");
    }
    return option.append().value() ? HeaderAction::kAppendOrAdd : HeaderAction::kOverwriteOrAdd;
  }
  switch (option.append_action()) {
    case HeaderValueOption::APPEND_IF_EXISTS_OR_ADD:
      return HeaderAction::kAppendOrAdd;
    case HeaderValueOption::ADD_IF_ABSENT:
      return HeaderAction::kAddIfAbsent;
    case HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD:
      return HeaderAction::kOverwriteOrAdd;
    case HeaderValueOption::OVERWRITE_IF_EXISTS:
      return HeaderAction::kOverwriteIfPresent;
    default:
      break;
  }
  scope.At("append_action").Error(absl::StrCat("unknown value ", option.append_action()));
  return HeaderAction::kAppendOrAdd;
}

std::optional<HeaderAddition> ParseAddition(const HeaderValueOption& option,
                                            const FieldScope& scope) {
  const FieldScope header_scope = scope.At("header");
  const HeaderAction action = ActionOf(option, scope);
  const bool good = CheckName(option.header().key(), "added", header_scope.At("key"));
  const bool raw = !option.header().raw_value().empty();
  if (raw && !option.header().value().empty()) {
    header_scope.At("raw_value").Error("value and raw_value are both set");
  }
  std::optional<LogFormat> value =
      LogFormat::Parse(raw ? option.header().raw_value() : option.header().value(),
                       header_scope.At(raw ? "raw_value" : "value"), AbsentText::kNothing);
  if (!good || !value.has_value()) return std::nullopt;
  return HeaderAddition{HeaderKey(option.header().key()), *std::move(value), action,
                        option.keep_empty_value()};
}

std::vector<HeaderAddition> ParseAdditions(
    const google::protobuf::RepeatedPtrField<HeaderValueOption>& to_add, std::string_view field,
    const FieldScope& scope) {
  std::vector<HeaderAddition> additions;
  for (int i = 0; i < to_add.size(); ++i) {
    std::optional<HeaderAddition> addition = ParseAddition(to_add[i], scope.At(field, i));
    if (addition.has_value()) additions.push_back(*std::move(addition));
  }
  return additions;
}

}  // namespace

HeaderEdits ParseHeaderEdits(const google::protobuf::RepeatedPtrField<HeaderValueOption>& to_add,
                             const google::protobuf::RepeatedPtrField<std::string>& to_remove,
                             EditedMessage message, const FieldScope& scope) {
  const bool request = message == EditedMessage::kRequest;
  const char* const add_field = request ? "request_headers_to_add" : "response_headers_to_add";
  const char* const remove_field =
      request ? "request_headers_to_remove" : "response_headers_to_remove";
  std::vector<HeaderKey> removals;
  for (int i = 0; i < to_remove.size(); ++i) {
    if (CheckName(to_remove[i], "removed", scope.At(remove_field, i))) {
      removals.emplace_back(to_remove[i]);
    }
  }
  return HeaderEdits(std::move(removals), ParseAdditions(to_add, add_field, scope));
}

HeaderEdits ParseHeaderEdits(const google::protobuf::RepeatedPtrField<HeaderValueOption>& to_add,
                             std::string_view field, const FieldScope& scope) {
  return HeaderEdits({}, ParseAdditions(to_add, field, scope));
}

HeaderEdits ParseHeaderAddition(const HeaderValueOption& to_add, const FieldScope& scope) {
  std::vector<HeaderAddition> additions;
  std::optional<HeaderAddition> addition = ParseAddition(to_add, scope);
  if (addition.has_value()) additions.push_back(*std::move(addition));
  return HeaderEdits({}, std::move(additions));
}

HeaderEdits ParseHeaderRemoval(const std::string& name, const FieldScope& scope) {
  std::vector<HeaderKey> removals;
  if (CheckName(name, "removed", scope)) removals.emplace_back(name);
  return HeaderEdits(std::move(removals), {});
}

}  // namespace sluice
