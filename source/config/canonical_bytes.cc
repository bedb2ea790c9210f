#include "source/config/canonical_bytes.h"

#include <memory>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "source/config/any_unpack.h"

namespace sluice {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void Normalize(Message& message);

std::string Serialize(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

// Of a type that is not built in, or with bytes that are not of its type, it stays as it is.
void NormalizeAny(google::protobuf::Any& any) {
  const std::unique_ptr<Message> content = NewMessageOfType(any.type_url());
  if (content == nullptr || !content->ParsePartialFromString(any.value())) return;
  Normalize(*content);
  // The part before the slash names no other type.
  any.set_type_url("/" + content->GetDescriptor()->full_name());
  any.set_value(Serialize(*content));
}

void Normalize(Message& message) {
  if (message.GetDescriptor() == google::protobuf::Any::descriptor()) {
    return NormalizeAny(static_cast<google::protobuf::Any&>(message));
  }
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Normalize(*reflection.MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      Normalize(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
}

}  // namespace

std::string CanonicalBytes(const Message& message) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  Normalize(*copy);
  return Serialize(*copy);
}

}  // namespace sluice
