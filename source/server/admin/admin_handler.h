// AdminHandler: the admin interface: which page answers which path. Knows no connection: the admin
// listener's request handler gives it each request whole and sends what it returns.
//
// Main thread. Never waits; a page costs what it prints.
#pragma once

#include <utility>

#include "absl/strings/string_view.h"
#include "source/server/admin/admin_commands.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

struct AdminRequest {
  absl::string_view method;
  absl::string_view target;  // path and query
};

class AdminHandler {
 public:
  explicit AdminHandler(AdminView view) : view_(std::move(view)) {}

  // 404 with the list of commands for an unknown path; 405 for a path that changes something and a
  // method other than POST. The body of a request is not looked at. `reply` is called once: in this
  // call, or, where workers have to be asked, in a later turn.
  void Handle(const AdminRequest& request, AdminReply reply) const;

 private:
  const AdminView view_;
};

}  // namespace sluice
