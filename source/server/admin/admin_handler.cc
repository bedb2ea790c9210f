#include "source/server/admin/admin_handler.h"

#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/server/admin/admin_commands.h"
#include "source/server/admin/admin_query.h"

namespace sluice {

AdminResponse AdminHandler::Handle(const AdminRequest& request) const {
  const AdminQuery query(request.target);
  for (const AdminCommand& command : AdminCommands()) {
    if (command.path != query.path()) continue;
    if (command.effect == AdminEffect::kChanges && request.method != "POST") {
      return {405, AdminResponse::kText,
              absl::StrCat("Method ", request.method, " not allowed, POST required.")};
    }
    if (command.effect == AdminEffect::kChanges) {
      SLUICE_LOG(kAdmin, kInfo, "admin command ", request.target);
    }
    return command.run(view_, query);
  }
  return {404, AdminResponse::kText, absl::StrCat("invalid path. ", AdminHelpText())};
}

}  // namespace sluice
