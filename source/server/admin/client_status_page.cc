#include "source/server/admin/client_status_page.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "source/config/check_rules.h"
#include "source/config/config_file.h"
#include "source/server/admin/node_match.h"
#include "source/server/admin/proto_json.h"
#include "source/server/admin/redact.h"

namespace sluice {
namespace {

using envoy::service::status::v3::ClientStatusRequest;
using envoy::service::status::v3::ClientStatusResponse;

// One of the matchers must match; without any every node is meant.
bool IsMeant(const ClientStatusRequest& request, const envoy::config::core::v3::Node& node,
             const FieldScope& scope) {
  bool matches = request.node_matchers().empty();
  for (int i = 0; i < request.node_matchers_size(); ++i) {
    matches |= MatchesNode(request.node_matchers(i), node, scope.At("node_matchers", i));
  }
  return matches;
}

absl::StatusOr<ClientStatusResponse> Answer(const AdminView& view,
                                            const ClientStatusRequest& request) {
  ConfigErrors errors;
  const FieldScope scope(errors);
  CheckRules(request, scope);
  errors.StartPhase();
  const bool is_meant = IsMeant(request, view.server().node, scope);
  if (!errors.empty()) {
    return absl::InvalidArgumentError(absl::StripSuffix(errors.ToString(), "\n"));
  }
  ClientStatusResponse response;
  if (!is_meant) return response;
  *response.add_config() = view.client(
      request.exclude_resource_contents() ? ResourceContents::kLeftOut : ResourceContents::kShown);
  Redact(response);
  return response;
}

AdminResponse Refused(absl::string_view why) {
  return {400, AdminResponse::kText, absl::StrCat(absl::StripSuffix(why, "\n"), "\n")};
}

}  // namespace

AdminResponse ClientStatusPage(const AdminView& view, absl::string_view body) {
  ClientStatusRequest request;
  if (!absl::StripAsciiWhitespace(body).empty()) {
    SourceLines lines;
    ConfigErrors errors(&lines);
    ReadConfigText(body, ConfigFormat::kJson, "request", ConfigLimits(), request, lines, errors);
    if (!errors.empty()) return Refused(errors.ToString());
  }
  const absl::StatusOr<ClientStatusResponse> response = Answer(view, request);
  return response.ok() ? ProtoJson(*response) : Refused(response.status().message());
}

absl::StatusOr<std::string> AnswerClientStatus(const AdminView& view, absl::string_view request) {
  ClientStatusRequest read;
  if (!read.ParseFromArray(request.data(), static_cast<int>(request.size()))) {
    return absl::InvalidArgumentError(
        absl::StrCat("the message cannot be read as a ", read.GetTypeName()));
  }
  const absl::StatusOr<ClientStatusResponse> response = Answer(view, read);
  if (!response.ok()) return response.status();
  return response->SerializeAsString();
}

}  // namespace sluice
