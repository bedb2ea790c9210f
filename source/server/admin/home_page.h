// The admin home page: the commands as links, and as buttons where they change something. Pure.
#pragma once

#include "absl/types/span.h"
#include "source/server/admin/admin_response.h"

namespace sluice {

struct AdminCommand;

AdminResponse HomePage(absl::Span<const AdminCommand> commands);

}  // namespace sluice
