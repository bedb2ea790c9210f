#include "source/server/admin/home_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "source/server/admin/admin_commands.h"

namespace sluice {
namespace {

constexpr absl::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sluice admin</title>
<style>
body { font-family: sans-serif; margin: 2em; }
td { padding: 0.2em 1em 0.2em 0; vertical-align: top; }
button { font: inherit; }
</style></head><body><h1>Sluice admin</h1><table>
)";

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

}  // namespace

AdminResponse HomePage(absl::Span<const AdminCommand> commands) {
  AdminResponse response;
  response.content_type = AdminResponse::kHtml;
  response.body = std::string(kHead);
  for (const AdminCommand& command : commands) {
    // Relative, so that the page works behind a path prefix.
    const absl::string_view path = command.path.substr(1);
    if (path.empty()) continue;
    absl::StrAppend(&response.body, "<tr><td>");
    if (command.effect != AdminEffect::kReads) {
      absl::StrAppend(&response.body, "<form action=\"", path, "\" method=\"post\"><button>", path,
                      "</button></form>");
    } else {
      absl::StrAppend(&response.body, "<a href=\"", path, "\">", path, "</a>");
    }
    absl::StrAppend(&response.body, "</td><td>", Escaped(command.help), "</td></tr>\n");
  }
  response.body += "</table></body></html>\n";
  return response;
}

}  // namespace sluice
