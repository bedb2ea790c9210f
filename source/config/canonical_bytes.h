// CanonicalBytes: one text for all messages that say the same, so that two configurations can be
// compared whatever encoder has written them. Pure.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace sluice {

// Fields are in order of their numbers, entries of maps in order of their keys; the content of an
// Any is brought into this form, too, wherever it lies, if its type is built in. The order of
// repeated fields counts.
std::string CanonicalBytes(const google::protobuf::Message& message);

}  // namespace sluice
