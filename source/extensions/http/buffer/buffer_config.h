// The configuration of buffer as a value. The .cc beside it is the only file of the extension that
// sees its proto. Main thread, when configuration is read.
#pragma once

#include <cstddef>
#include <memory>

#include "source/config/field_scope.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

struct BufferConfig {
  size_t request_bytes_max;  // at least 1
};

// Null, with the errors in `scope`, where the configuration is no good.
std::unique_ptr<const HttpFilterFactory> ParseBuffer(const google::protobuf::Message& message,
                                                     const ExtensionContext& context,
                                                     const FieldScope& scope);

void AddBuffer(Registry& registry);

}  // namespace sluice
