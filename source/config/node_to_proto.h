#pragma once

#include "google/protobuf/message.h"
#include "source/config/config_node.h"
#include "source/config/field_scope.h"
#include "source/config/scalar_values.h"
#include "source/config/source_lines.h"

namespace sluice {

// Reads what a file says into a message of any type, by its descriptor.
//
// `message` may hold values already (--config-yaml over -c): scalars are replaced, messages merged,
// lists appended to, map entries replaced by key, an Any replaced.
// Every mistake is reported in `scope` and reading goes on: unknown fields and enum values with the
// nearest known name, wrong types, two members of a oneof. Enum names match in either case; '-' is
// '_'. Fields may have their proto or their JSON name; paths in errors use the former. One element
// may stand for a list of one, and {nanos: 5} or {value: 5} for what JSON has a form of its own
// for. An Any of a
// type that is not linked keeps its type_url only: the field ledger reports it.
// Where each field stands is recorded in `lines` when it is not null. Pure, no I/O.
void ReadMessage(const ConfigNode& node, Notation notation, google::protobuf::Message& message,
                 const FieldScope& scope, SourceLines* lines);

}  // namespace sluice
