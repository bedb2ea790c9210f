#pragma once

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "source/config/config_node.h"
#include "source/config/field_scope.h"
#include "source/config/scalar_values.h"

namespace sluice {

// The messages that JSON and YAML write in a form of their own: Duration "1.5s", Timestamp
// "2026-01-31T00:00:00Z", FieldMask "a,b", the wrappers (UInt32Value is just 5), and free-form
// Struct, Value and ListValue. Not Any, which node_to_proto.h reads.
bool HasOwnJsonForm(const google::protobuf::Descriptor& type);

// Reads `node` into `message`, whose type has a form of its own.
void ReadWellKnown(const ConfigNode& node, Notation notation, google::protobuf::Message& message,
                   const FieldScope& scope);

// Free-form data as the nodes it was written from, to be read again as a typed message.
ConfigNode NodeFromStruct(const google::protobuf::Struct& data);

}  // namespace sluice
