#include "source/server/admin/proto_json.h"

#include <string>

#include "absl/strings/str_cat.h"
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

}  // namespace sluice
