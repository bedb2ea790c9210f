#pragma once

#include <string>

#include "source/base/key_values.h"

namespace google::protobuf {
class Struct;
class Value;
}  // namespace google::protobuf

namespace sluice {

// A google.protobuf.Value as one text that equal values, and no others, have: JSON, the fields of
// an object in order. For comparing metadata. Main thread, at load.
std::string ValueText(const google::protobuf::Value& value);

// The fields of an object, each with its value's text.
KeyValues ReadKeyValues(const google::protobuf::Struct& object);

}  // namespace sluice
