#include "source/config/any_unpack.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "source/config/field_support.h"
#include "source/config/node_to_proto.h"
#include "source/config/suggest.h"
#include "source/config/well_known_types.h"

namespace sluice {
namespace {

using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Struct;

bool IsTypedStruct(std::string_view type) {
  return type == "xds.type.v3.TypedStruct" || type == "udpa.type.v1.TypedStruct";
}

std::string TypeUrlOfTypedStruct(const Message& typed_struct) {
  const FieldDescriptor* field = typed_struct.GetDescriptor()->FindFieldByName("type_url");
  return typed_struct.GetReflection()->GetString(typed_struct, field);
}

// A message of the type the TypedStruct names, filled from its Struct.
std::unique_ptr<Message> ReadTypedStruct(const Message& typed_struct, const FieldScope& scope) {
  std::string type_url = TypeUrlOfTypedStruct(typed_struct);
  std::unique_ptr<Message> content = NewMessageOfType(type_url);
  if (content == nullptr) {
    ReportUnknownType(type_url, scope);
    return nullptr;
  }
  const FieldDescriptor* field = typed_struct.GetDescriptor()->FindFieldByName("value");
  const Message& value = typed_struct.GetReflection()->GetMessage(typed_struct, field);
  size_t errors_before = scope.errors().size();
  FieldScope value_scope = scope.At("value");
  ReadMessage(NodeFromStruct(static_cast<const Struct&>(value)), Notation::kJson, *content,
              value_scope, nullptr);
  if (scope.errors().size() != errors_before) return nullptr;
  return content;
}

}  // namespace

std::string_view TypeOfUrl(std::string_view type_url) {
  return type_url.substr(type_url.rfind('/') + 1);
}

std::unique_ptr<Message> NewMessageOfType(std::string_view type_url) {
  const Descriptor* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          std::string(TypeOfUrl(type_url)));
  if (type == nullptr) return nullptr;
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  return prototype == nullptr ? nullptr : std::unique_ptr<Message>(prototype->New());
}

std::string UnknownTypeHint(std::string_view type) {
  if (absl::StrContains(type, ".v2.") || absl::StrContains(type, ".v2alpha")) {
    return "this is Envoy's v2 API; write it with the v3 API";
  }
  const std::vector<std::string_view> names = ExtensionNames();
  if (std::find(names.begin(), names.end(), type) != names.end()) {
    return "it can be, but is not linked into this program";
  }
  // The full names of two extensions have most letters in common: only a slip of the pen counts.
  constexpr size_t kDifferencesMax = 3;
  return DidYouMean(type, names, kDifferencesMax);
}

void ReportUnknownType(std::string_view type_url, const FieldScope& scope) {
  std::string_view type = TypeOfUrl(type_url);
  if (type.empty()) {
    return scope.Error("names no type",
                       "extensions are found by the type of this message, not by name");
  }
  scope.Error(absl::StrCat("no extension \"", type, "\" is built in"),
              scope.errors().full() ? "" : UnknownTypeHint(type));
}

std::unique_ptr<Message> UnpackAny(const Any& any, const FieldScope& scope) {
  std::unique_ptr<Message> content = NewMessageOfType(any.type_url());
  if (content == nullptr) {
    ReportUnknownType(any.type_url(), scope);
    return nullptr;
  }
  if (!content->ParseFromString(any.value())) {
    scope.Error(absl::StrCat("does not hold a valid ", content->GetDescriptor()->full_name()));
    return nullptr;
  }
  if (!IsTypedStruct(content->GetDescriptor()->full_name())) return content;
  return ReadTypedStruct(*content, scope);
}

std::string ContentType(const Any& any) {
  std::string type(TypeOfUrl(any.type_url()));
  if (!IsTypedStruct(type)) return type;
  std::unique_ptr<Message> content = NewMessageOfType(type);
  if (content == nullptr || !content->ParseFromString(any.value())) return type;
  return std::string(TypeOfUrl(TypeUrlOfTypedStruct(*content)));
}

}  // namespace sluice
