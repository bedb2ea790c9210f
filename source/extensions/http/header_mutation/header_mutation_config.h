// The configuration of header_mutation as a value. The .cc beside it is the only file of the
// extension that sees its proto. Main thread, when configuration is read.
#pragma once

#include <memory>
#include <vector>

#include "source/config/field_scope.h"
#include "source/route/header_edits.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// One edit for each mutation, in order.
struct HeaderMutationConfig {
  std::vector<HeaderEdits> request;
  std::vector<HeaderEdits> response;
};

// Null, with the errors in `scope`, where the configuration is no good.
std::unique_ptr<const HttpFilterFactory> ParseHeaderMutation(
    const google::protobuf::Message& message, const ExtensionContext& context,
    const FieldScope& scope);

void AddHeaderMutation(Registry& registry);

}  // namespace sluice
