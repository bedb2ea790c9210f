#include "source/server/admin/admin_handler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "source/base/log.h"
#include "source/server/admin/admin_query.h"

namespace sluice {
namespace {

bool Takes(const AdminCommand& command, absl::string_view path) {
  if (!absl::ConsumePrefix(&path, command.path)) return false;
  return path.empty() || (command.and_below && path[0] == '/');
}

AdminResponse Answer(const AdminCommand& command, const AdminView& view,
                     const AdminRequest& request) {
  if (request.body.size() <= AdminRequest::kBodyBytesMax) return command.answer(view, request.body);
  return {413, AdminResponse::kText,
          absl::StrCat("the body has more than ", AdminRequest::kBodyBytesMax, " bytes\n")};
}

}  // namespace

void AdminHandler::Handle(const AdminRequest& request, AdminReply reply) const {
  const AdminQuery query(request.target);
  for (const AdminCommand& command : AdminCommands()) {
    if (!Takes(command, query.path())) continue;
    if (command.effect != AdminEffect::kReads && request.method != "POST") {
      return reply({405, AdminResponse::kText,
                    absl::StrCat("Method ", request.method, " not allowed, POST required.")});
    }
    if (command.effect == AdminEffect::kChanges) {
      SLUICE_LOG(kAdmin, kInfo, "admin command ", request.target);
    }
    if (command.post != nullptr && request.method == "POST") {
      SLUICE_LOG(kAdmin, kInfo, "admin command ", request.target);
      return reply(command.post(view_, query));
    }
    if (command.answer != nullptr) return reply(Answer(command, view_, request));
    if (command.run == nullptr) return command.run_later(view_, query, std::move(reply));
    return reply(command.run(view_, query));
  }
  reply({404, AdminResponse::kText, absl::StrCat("invalid path. ", AdminHelpText())});
}

}  // namespace sluice
