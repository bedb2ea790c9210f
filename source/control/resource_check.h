// ResourceCheck: a resource that has come by discovery, judged as a static file is: its kind, its
// fields, the API's rules, and what of it takes effect. Main thread.
#pragma once

#include <string>

#include "google/protobuf/message.h"
#include "source/config/config_errors.h"
#include "source/xds/resource.h"

namespace sluice {

// Reads `resource` into `into`, of the kind that it says it is; every mistake goes to `errors`,
// with paths from the resource's own root. What has no effect is logged, not refused: a control
// plane is written for more proxies than this one. What guards security is refused as ever.
void CheckResource(const Resource& resource, google::protobuf::Message& into, ConfigErrors& errors);

// For the answer to the control plane.
ResourceError RefusalOf(const Resource& resource, const ConfigErrors& errors);

}  // namespace sluice
