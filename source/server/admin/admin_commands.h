// The admin commands: one row each, with its help. Const.
#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/server/admin/admin_query.h"
#include "source/server/admin/admin_response.h"
#include "source/server/admin/admin_view.h"

namespace sluice {

// What changes something wants POST, and what is asked in a body.
enum class AdminEffect : uint8_t { kReads, kChanges, kAsks };

struct AdminParameter {
  absl::string_view name;
  absl::string_view help;
};

using AdminReply = std::function<void(AdminResponse)>;

struct AdminCommand {
  absl::string_view path;
  absl::string_view help;
  AdminEffect effect;
  // Null: the page takes what comes later, or the request's body; run_later or answer is set.
  AdminResponse (*run)(const AdminView& view, const AdminQuery& query);
  absl::Span<const AdminParameter> parameters;
  void (*run_later)(const AdminView& view, const AdminQuery& query, AdminReply reply) = nullptr;
  // Of a page that POST changes something with: what that does.
  AdminResponse (*post)(const AdminView& view, const AdminQuery& query) = nullptr;
  bool and_below = false;  // it takes the paths below its own, too
  AdminResponse (*answer)(const AdminView& view, absl::string_view body) = nullptr;
};

// In order of path.
absl::Span<const AdminCommand> AdminCommands();

// "admin commands are:" and a line for each and for each of its parameters.
std::string AdminHelpText();

}  // namespace sluice
