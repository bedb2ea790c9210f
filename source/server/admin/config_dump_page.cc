#include "source/server/admin/config_dump_page.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "envoy/admin/v3/config_dump.pb.h"
#include "google/protobuf/util/field_mask_util.h"
#include "re2/re2.h"
#include "source/config/any_unpack.h"
#include "source/server/admin/proto_json.h"
#include "source/server/admin/redact.h"

namespace sluice {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::FieldMaskUtil;

AdminResponse Refused(int status, std::string text) {
  return {status, AdminResponse::kText, std::move(text)};
}

std::optional<std::string> TextField(const Message& message, const std::string& name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->type() != FieldDescriptor::TYPE_STRING) {
    return std::nullopt;
  }
  return message.GetReflection()->GetString(message, field);
}

// The first Any among the set fields, where a dump's elements keep their resource.
const Any* ResourceOf(const Message& element) {
  std::vector<const FieldDescriptor*> fields;
  element.GetReflection()->ListFields(element, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!field->is_repeated() && field->message_type() == Any::descriptor()) {
      return static_cast<const Any*>(&element.GetReflection()->GetMessage(element, field));
    }
  }
  return nullptr;
}

std::string ResourceName(const Message& element) {
  std::optional<std::string> name = TextField(element, "name");
  if (name.has_value()) return *name;
  const Any* any = ResourceOf(element);
  if (any == nullptr) return "";
  const std::unique_ptr<Message> resource = NewMessageOfType(any->type_url());
  if (resource == nullptr || !resource->ParseFromString(any->value())) return "";
  name = TextField(*resource, "name");
  if (!name.has_value()) name = TextField(*resource, "cluster_name");
  return name.value_or("");
}

// Takes the resources out of `part` whose name is not wanted.
void KeepNamed(const re2::RE2& name, Message& part) {
  const Reflection& reflection = *part.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(part, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    int kept = 0;
    for (int i = 0; i < reflection.FieldSize(part, field); ++i) {
      const Message& element = reflection.GetRepeatedMessage(part, field, i);
      if (!re2::RE2::FullMatch(ResourceName(element), name)) continue;
      if (kept != i) reflection.SwapElements(&part, field, kept, i);
      ++kept;
    }
    while (reflection.FieldSize(part, field) > kept) reflection.RemoveLast(&part, field);
  }
}

enum class Masked : uint8_t { kYes, kNoSuchField };

Masked Trim(const FieldMask& mask, Message& message) {
  for (const std::string& path : mask.paths()) {
    if (!FieldMaskUtil::GetFieldDescriptors(message.GetDescriptor(), path, nullptr)) {
      return Masked::kNoSuchField;
    }
  }
  FieldMaskUtil::TrimMessage(mask, &message);
  return Masked::kYes;
}

Masked TrimAny(const FieldMask& mask, Any& any) {
  const std::unique_ptr<Message> content = NewMessageOfType(any.type_url());
  if (content == nullptr || !content->ParseFromString(any.value())) return Masked::kNoSuchField;
  if (Trim(mask, *content) == Masked::kNoSuchField) return Masked::kNoSuchField;
  any.set_value(content->SerializeAsString());
  return Masked::kYes;
}

// A mask of one element of a dump goes on inside its Any: "cluster.name" is the name in the cluster
// that the field `cluster` holds.
Masked TrimElement(const FieldMask& mask, Message& element) {
  FieldMask outer;
  FieldMask inner;
  const FieldDescriptor* any_field = nullptr;
  for (const std::string& path : mask.paths()) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(path, absl::MaxSplits('.', 1));
    const FieldDescriptor* field = element.GetDescriptor()->FindFieldByName(parts.first);
    const bool in_any = field != nullptr && !field->is_repeated() &&
                        field->message_type() == Any::descriptor() && !parts.second.empty();
    outer.add_paths(in_any ? parts.first : path);
    if (!in_any) continue;
    if (any_field != nullptr && any_field != field) return Masked::kNoSuchField;
    any_field = field;
    inner.add_paths(parts.second);
  }
  const Reflection& reflection = *element.GetReflection();
  if (any_field != nullptr && reflection.HasField(element, any_field)) {
    Any& any = static_cast<Any&>(*reflection.MutableMessage(&element, any_field));
    if (TrimAny(inner, any) == Masked::kNoSuchField) return Masked::kNoSuchField;
  }
  return Trim(outer, element);
}

using Dump = envoy::admin::v3::ConfigDump;

// Each return is an error, or nothing.
std::optional<AdminResponse> AddResource(const std::string& resource,
                                         const std::optional<std::string>& mask,
                                         const ConfigDumpParts& parts, Dump& dump) {
  for (const std::unique_ptr<Message>& part : parts) {
    const FieldDescriptor* field = part->GetDescriptor()->FindFieldByName(resource);
    if (field == nullptr) continue;
    if (!field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return Refused(400, absl::StrCat(resource, " is not a repeated field. Use ?mask=", resource,
                                       " to get only this field"));
    }
    const Reflection& reflection = *part->GetReflection();
    for (int i = 0; i < reflection.FieldSize(*part, field); ++i) {
      Message& element = *reflection.MutableRepeatedMessage(part.get(), field, i);
      FieldMask paths;
      if (mask.has_value()) FieldMaskUtil::FromString(*mask, &paths);
      if (mask.has_value() && TrimElement(paths, element) == Masked::kNoSuchField) {
        return Refused(400, absl::StrCat("FieldMask ", paths.DebugString(),
                                         " could not be successfully used."));
      }
      dump.add_configs()->PackFrom(element);
    }
    return std::nullopt;
  }
  return Refused(404, absl::StrCat(resource, " not found in config dump"));
}

std::optional<AdminResponse> AddAll(const std::optional<std::string>& mask,
                                    const ConfigDumpParts& parts, Dump& dump) {
  for (const std::unique_ptr<Message>& part : parts) {
    if (mask.has_value()) {
      FieldMask paths;
      FieldMaskUtil::FromString(*mask, &paths);
      // Each part has other fields: those that the mask does not fit are left out.
      if (Trim(paths, *part) == Masked::kNoSuchField) continue;
    }
    dump.add_configs()->PackFrom(*part);
  }
  if (!mask.has_value() || dump.configs_size() > 0) return std::nullopt;
  return Refused(
      400, absl::StrCat("FieldMask ", *mask, " could not be successfully applied to any configs."));
}

}  // namespace

AdminResponse ConfigDumpPage(const AdminQuery& query, ConfigDumpParts parts) {
  const std::string pattern(query.Get("name_regex").value_or(""));
  if (!pattern.empty()) {
    const re2::RE2 name(pattern, re2::RE2::Quiet);
    if (!name.ok()) {
      return Refused(
          400, absl::StrCat("Error while parsing name_regex from ", pattern, ": ", name.error()));
    }
    for (const std::unique_ptr<Message>& part : parts) KeepNamed(name, *part);
  }
  std::optional<std::string> mask;
  if (query.Has("mask")) mask = std::string(*query.Get("mask"));
  Dump dump;
  const std::optional<absl::string_view> resource = query.Get("resource");
  std::optional<AdminResponse> refused =
      resource.has_value() ? AddResource(std::string(*resource), mask, parts, dump)
                           : AddAll(mask, parts, dump);
  if (refused.has_value()) return *std::move(refused);
  Redact(dump);
  return ProtoJson(dump);
}

}  // namespace sluice
