#include "source/server/admin/proto_json.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/util/json_util.h"
#include "source/config/any_unpack.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace sluice {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void ReplaceUnreadable(Message& message);

void ReplaceUnreadableAny(Any& any) {
  if (any.type_url().empty()) return;
  const std::unique_ptr<Message> content = NewMessageOfType(any.type_url());
  if (content != nullptr && content->ParseFromString(any.value())) {
    ReplaceUnreadable(*content);
    any.set_value(content->SerializeAsString());
    return;
  }
  xds::type::v3::TypedStruct name;
  name.set_type_url(any.type_url());
  (*name.mutable_value()->mutable_fields())["unreadable_bytes"].set_number_value(
      static_cast<double>(any.value().size()));
  any.PackFrom(name);
}

void ReplaceUnreadable(Message& message) {
  if (message.GetDescriptor() == Any::descriptor()) {
    return ReplaceUnreadableAny(static_cast<Any&>(message));
  }
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      ReplaceUnreadable(*reflection.MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      ReplaceUnreadable(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
}

}  // namespace

AdminResponse ProtoJson(const google::protobuf::Message& message, JsonDefaults defaults) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  options.always_print_primitive_fields = defaults == JsonDefaults::kPrint;
  AdminResponse response;
  auto status = google::protobuf::util::MessageToJsonString(message, &response.body, options);
  if (!status.ok()) {
    const std::unique_ptr<Message> copy(message.New());
    copy->CopyFrom(message);
    ReplaceUnreadable(*copy);
    response.body.clear();
    status = google::protobuf::util::MessageToJsonString(*copy, &response.body, options);
  }
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
