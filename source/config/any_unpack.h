#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "source/config/field_scope.h"

namespace sluice {

// Messages inside google.protobuf.Any: extensions and their configuration. Types are found by
// URL among the messages linked into the program. A TypedStruct (xds.type.v3 or udpa.type.v1) is
// read as the message that it names, when that is linked.

// "type.googleapis.com/envoy.config.core.v3.Node" -> "envoy.config.core.v3.Node".
std::string_view TypeOfUrl(std::string_view type_url);

// An empty message of that type, or null when none is linked.
std::unique_ptr<google::protobuf::Message> NewMessageOfType(std::string_view type_url);

// What to say beside `no extension "..." is built in`: the nearest one that is.
std::string UnknownTypeHint(std::string_view type);

// Says in `scope` that no message or extension of this type is built in, and what comes near.
void ReportUnknownType(std::string_view type_url, const FieldScope& scope);

// What `any` holds; null, and an error, when the type is not linked or the bytes are not of it.
std::unique_ptr<google::protobuf::Message> UnpackAny(const google::protobuf::Any& any,
                                                     const FieldScope& scope);

// The full name of what `any` holds, a TypedStruct looked through; "" when it holds nothing.
std::string ContentType(const google::protobuf::Any& any);

// `any` as a T; nullopt, and an error, when it holds something else.
//   auto router = Unpack<Router>(filter.typed_config(), scope.At("typed_config"));
template <class T>
std::optional<T> Unpack(const google::protobuf::Any& any, const FieldScope& scope) {
  std::unique_ptr<google::protobuf::Message> content = UnpackAny(any, scope);
  if (content == nullptr) return std::nullopt;
  if (content->GetDescriptor() != T::descriptor()) {
    scope.Error("must hold a " + T::descriptor()->full_name() + ", holds a " +
                content->GetDescriptor()->full_name());
    return std::nullopt;
  }
  return std::move(static_cast<T&>(*content));
}

}  // namespace sluice
