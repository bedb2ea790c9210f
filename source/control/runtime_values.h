// Values of the runtime from where they are written: a Struct, a text, a folder of files. Main
// thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/struct.pb.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"

namespace sluice {

// What is nested counts under its path, with dots: { a: { b: 1 } } is "a.b". A struct of a
// numerator and a denominator is a fraction. Lists and nulls are errors.
RuntimeValues ReadRuntimeStruct(const google::protobuf::Struct& layer, const FieldScope& scope);

// A number, or a fraction as "{ numerator: 5, denominator: TEN_THOUSAND }", or any other text.
RuntimeValue ReadRuntimeText(const std::string& text);

// A file for each key, in folders by its path; lines that begin with '#' are comments. Bounded in
// depth and size.
absl::StatusOr<RuntimeValues> ReadRuntimeFolder(const std::string& path);

}  // namespace sluice
