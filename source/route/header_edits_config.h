// Header edits of Envoy's API to HeaderEdits. Main thread; errors go to the scope.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/repeated_field.h"
#include "source/config/field_scope.h"
#include "source/route/header_edits.h"

namespace envoy::config::core::v3 {
class HeaderValueOption;
}

namespace sluice {

enum class EditedMessage : uint8_t { kRequest, kResponse };

// `scope` is that of the message that has the fields `request_headers_to_add` and
// `request_headers_to_remove` (or response_...), which are given.
HeaderEdits ParseHeaderEdits(
    const google::protobuf::RepeatedPtrField<envoy::config::core::v3::HeaderValueOption>& to_add,
    const google::protobuf::RepeatedPtrField<std::string>& to_remove, EditedMessage message,
    const FieldScope& scope);

// Additions only, from the field `field` of `scope`'s message.
HeaderEdits ParseHeaderEdits(
    const google::protobuf::RepeatedPtrField<envoy::config::core::v3::HeaderValueOption>& to_add,
    std::string_view field, const FieldScope& scope);

// One edit alone. `scope` is that of the option, or of the name.
HeaderEdits ParseHeaderAddition(const envoy::config::core::v3::HeaderValueOption& to_add,
                                const FieldScope& scope);
HeaderEdits ParseHeaderRemoval(const std::string& name, const FieldScope& scope);

// The edits of a message that has these four fields: a route, a virtual host, a weighted cluster...
template <class Message>
HeaderEdits ParseRequestEdits(const Message& message, const FieldScope& scope) {
  return ParseHeaderEdits(message.request_headers_to_add(), message.request_headers_to_remove(),
                          EditedMessage::kRequest, scope);
}
template <class Message>
HeaderEdits ParseResponseEdits(const Message& message, const FieldScope& scope) {
  return ParseHeaderEdits(message.response_headers_to_add(), message.response_headers_to_remove(),
                          EditedMessage::kResponse, scope);
}

}  // namespace sluice
