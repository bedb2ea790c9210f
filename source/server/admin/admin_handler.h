// AdminHandler: the admin interface: which page answers which path. Knows no connection: the admin
// listener's request handler gives it each request whole and sends what it returns.
//
// Main thread. Never waits; a page costs what it prints.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/server/admin/admin_commands.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"
#include "source/server/admin/client_status_page.h"

namespace sluice {

struct AdminRequest {
  // Of a body; whoever brings more than that need not bring all of it.
  static constexpr size_t kBodyBytesMax = 64_KiB;

  absl::string_view method;
  absl::string_view target;  // path and query
  absl::string_view body = {};
};

class AdminHandler {
 public:
  explicit AdminHandler(AdminView view) : view_(std::move(view)) {}

  // 404 with the list of commands for an unknown path; 405 for a path that changes something and a
  // method other than POST; 413 for more of a body than is looked at, where it is. `reply` is
  // called once: in this call, or, where workers have to be asked, in a later turn.
  void Handle(const AdminRequest& request, AdminReply reply) const;

  // FetchClientStatus of ClientStatusDiscoveryService: one message, and its answer.
  absl::StatusOr<std::string> CallClientStatus(absl::string_view request) const {
    return AnswerClientStatus(view_, request);
  }

 private:
  const AdminView view_;
};

}  // namespace sluice
