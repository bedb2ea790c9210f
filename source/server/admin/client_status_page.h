// What ClientStatusDiscoveryService (CSDS) answers here, by gRPC and as a page. Main thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// /v3/discovery:client_status, FetchClientStatus as its google.api.http rule has it: a
// ClientStatusRequest in JSON, empty for all there is. 400 with what is wrong, and where.
AdminResponse ClientStatusPage(const AdminView& view, absl::string_view body);

// A ClientStatusRequest and its ClientStatusResponse, as bytes. InvalidArgument with what is wrong
// and where.
absl::StatusOr<std::string> AnswerClientStatus(const AdminView& view, absl::string_view request);

}  // namespace sluice
