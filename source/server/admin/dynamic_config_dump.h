// What discovery gives /config_dump: what is in force of each kind, in which version, and what has
// been refused since. Main thread.
#pragma once

#include "envoy/admin/v3/config_dump.pb.h"
#include "source/control/discovery.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// Adds to the messages of StaticConfigDump, and a SecretsConfigDump where there are such. Endpoints
// are endpoints_dump.h's.
void AddDynamicConfigDump(const Discovery& discovery, ConfigDumpParts& parts);

// What was refused since, in words and as it came.
envoy::admin::v3::UpdateFailureState ProtoRefusal(const ResourceType& type, const Refusal& refusal);
envoy::admin::v3::ClientResourceStatus ProtoStatus(const RecordView& view);

// Beside the endpoints as they are in use: which version has said so, and what has been refused.
void WriteAssignment(const ResourceRecord& record,
                     envoy::admin::v3::EndpointsConfigDump::DynamicEndpointConfig& entry);

}  // namespace sluice
