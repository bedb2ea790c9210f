// Messages as the admin pages print them: JSON with the field names of the proto files. Pure.
#pragma once

#include <string>

#include "google/protobuf/message.h"
#include "source/base/units.h"
#include "source/server/admin/admin_response.h"

namespace sluice {

enum class JsonDefaults : uint8_t { kOmit, kPrint };  // of scalar fields

// In the place of an Any whose type is not built in, or whose bytes are not of its type, stands an
// xds.type.v3.TypedStruct that names the type and counts the bytes.
AdminResponse ProtoJson(const google::protobuf::Message& message,
                        JsonDefaults defaults = JsonDefaults::kOmit);

// A time as the messages carry it: RFC 3339, to the millisecond.
std::string TimeText(WallTime time);

}  // namespace sluice
