#pragma once

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "source/config/field_scope.h"
#include "validate/validate.pb.h"

namespace sluice {

// One value against the rules of its field. `index` chooses an item of a repeated field, -1 is the
// value of a singular one. Of messages the rules reach those that stand for scalars (wrappers,
// Duration, Timestamp) and Any; check_rules.h looks into the others.
void CheckValue(const google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& field, int index,
                const validate::FieldRules& rules, const FieldScope& scope);

}  // namespace sluice
