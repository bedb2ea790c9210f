// Redaction: secrets leave a message before it is shown. What the API marks as sensitive
// (udpa.annotations.sensitive) is replaced wherever it lies, also inside Anys. Pure.
#pragma once

#include "google/protobuf/message.h"

namespace sluice {

// Sensitive strings and bytes become "[redacted]"; other sensitive scalars are cleared; so is a
// sensitive Any whose type is not built in.
void Redact(google::protobuf::Message& message);

}  // namespace sluice
