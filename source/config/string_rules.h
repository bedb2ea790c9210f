#pragma once

#include <string>

#include "source/config/field_scope.h"
#include "validate/validate.pb.h"

namespace sluice {

// validate.rules of strings and bytes: lengths (characters or bytes), constants, parts, lists,
// patterns, and the well-known forms: addresses, host names, URIs, header names and values, ...
void CheckString(const std::string& value, const validate::StringRules& rules,
                 const FieldScope& scope);
void CheckBytes(const std::string& value, const validate::BytesRules& rules,
                const FieldScope& scope);

}  // namespace sluice
