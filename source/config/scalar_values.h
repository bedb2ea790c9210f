#pragma once

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "source/config/config_node.h"
#include "source/config/field_scope.h"

namespace sluice {

// How a ConfigNode was written, where that changes its meaning: numbers, bytes, enums and the
// well-known types (a Duration is "5s" in JSON and { seconds: 5 } in a text proto).
enum class Notation { kJson, kYaml, kTextProto };

// kSet replaces a singular field's value, kAppend adds to a repeated one.
enum class Store { kSet, kAppend };

// Reads `node` as the type of `field` (any type but a message) and stores it; or says in `scope`
// what the field must be and what it is, and stores nothing.
void ReadScalar(const ConfigNode& node, Notation notation,
                const google::protobuf::FieldDescriptor& field, Store store,
                google::protobuf::Message& message, const FieldScope& scope);

// `the text "abc"`, `the number 5`, `a list`: for "must be ..., is ...".
std::string Describe(const ConfigNode& node);

// How plain (unquoted) text reads in JSON and YAML. Numbers: decimal, or hexadecimal in YAML.
bool LooksLikeNumber(const std::string& text);
// true and false; in YAML also yes, no, on and off.
bool ReadBool(const std::string& text, Notation notation, bool& value);

}  // namespace sluice
