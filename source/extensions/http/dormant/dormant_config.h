// Which extensions are accepted while nothing is asked of them. What is asked is told by the
// support table; here is what it cannot tell. Main thread, when configuration is read.
#pragma once

#include <memory>

#include "source/config/field_scope.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// Null, with the error in `scope`, where there is code to run.
std::unique_ptr<const HttpFilterFactory> ParseLua(const google::protobuf::Message& message,
                                                  const ExtensionContext& context,
                                                  const FieldScope& scope);

void AddDormant(Registry& registry);

}  // namespace sluice
