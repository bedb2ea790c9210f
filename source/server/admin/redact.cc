#include "source/server/admin/redact.h"

#include <memory>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "source/config/any_unpack.h"
#include "udpa/annotations/sensitive.pb.h"

namespace sluice {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr char kRedacted[] = "[redacted]";

enum class Secrecy : uint8_t { kPublic, kSensitive };

void RedactMessage(Message& message, Secrecy secrecy);

void RedactAny(Any& any, Secrecy secrecy) {
  const std::unique_ptr<Message> content = NewMessageOfType(any.type_url());
  if (content == nullptr || !content->ParseFromString(any.value())) {
    // What it holds is not known: nothing of it may be shown where secrets are.
    if (secrecy == Secrecy::kSensitive) any.Clear();
    return;
  }
  RedactMessage(*content, secrecy);
  any.set_value(content->SerializeAsString());
}

void RedactText(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    reflection.SetString(&message, &field, kRedacted);
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    reflection.SetRepeatedString(&message, &field, i, kRedacted);
  }
}

void RedactField(Message& message, const FieldDescriptor& field, Secrecy secrecy) {
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (!field.is_repeated()) {
      RedactMessage(*reflection.MutableMessage(&message, &field), secrecy);
      return;
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      RedactMessage(*reflection.MutableRepeatedMessage(&message, &field, i), secrecy);
    }
    return;
  }
  if (secrecy == Secrecy::kPublic) return;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    RedactText(message, field);
  } else {
    reflection.ClearField(&message, &field);
  }
}

void RedactMessage(Message& message, Secrecy secrecy) {
  if (message.GetDescriptor() == Any::descriptor()) {
    RedactAny(static_cast<Any&>(message), secrecy);
    return;
  }
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  const bool is_map_entry = message.GetDescriptor()->options().map_entry();
  for (const FieldDescriptor* field : fields) {
    // Keys stay: two that are redacted would be one.
    if (is_map_entry && field->number() == 1) continue;
    const bool marked = field->options().GetExtension(udpa::annotations::sensitive);
    RedactField(message, *field, marked ? Secrecy::kSensitive : secrecy);
  }
}

}  // namespace

void Redact(google::protobuf::Message& message) { RedactMessage(message, Secrecy::kPublic); }

}  // namespace sluice
