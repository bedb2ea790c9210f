// The configuration of new_filter as a value. The .cc beside it is the only file of the extension
// that sees its proto. Main thread, when configuration is read.
#pragma once

#include <memory>
#include <string>

#include "source/config/field_scope.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// What is true after reading: a name in lower case, never empty.
struct NewFilterConfig {
  std::string header;
  std::string value;
};

// Null, with the errors in `scope`, where the configuration is no good.
std::unique_ptr<const HttpFilterFactory> ParseNewFilter(const google::protobuf::Message& message,
                                                        const ExtensionContext& context,
                                                        const FieldScope& scope);

// Called by builtin_extensions.cc, or by a main of your own.
void AddNewFilter(Registry& registry);

}  // namespace sluice
