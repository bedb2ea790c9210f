#include "source/server/admin/proto_json.h"

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"

namespace sluice {

AdminResponse ProtoJson(const google::protobuf::Message& message, JsonDefaults defaults) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  options.always_print_primitive_fields = defaults == JsonDefaults::kPrint;
  AdminResponse response;
  const auto status = google::protobuf::util::MessageToJsonString(message, &response.body, options);
  if (status.ok()) {
    response.content_type = AdminResponse::kJson;
    return response;
  }
  const std::string reason = status.ToString();
  return {500, AdminResponse::kText,
          absl::StrCat("cannot print ", message.GetTypeName(), " as JSON: ", reason, "\n")};
}

std::string TimeText(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                         clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                         clock.subseconds().count());
}

}  // namespace sluice
