#include "source/server/admin/server_pages.h"

#include "absl/strings/str_cat.h"
#include "source/server/admin/proto_json.h"

namespace sluice {
namespace {

using envoy::admin::v3::ServerInfo;

ServerInfo::State ProtoState(ServerState state) {
  switch (state) {
    case ServerState::kLive:
      return ServerInfo::LIVE;
    case ServerState::kDraining:
      return ServerInfo::DRAINING;
    case ServerState::kPreInitializing:
      return ServerInfo::PRE_INITIALIZING;
    case ServerState::kInitializing:
      break;
  }
  return ServerInfo::INITIALIZING;
}

}  // namespace

AdminResponse ReadyPage(ServerState state) {
  return {state == ServerState::kLive ? 200 : 503, AdminResponse::kText,
          absl::StrCat(ServerInfo::State_Name(ProtoState(state)), "\n")};
}

AdminResponse ServerInfoPage(const ServerFacts& facts) {
  const int64_t uptime_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(facts.uptime).count();
  ServerInfo info;
  info.set_version(facts.version);
  info.set_state(ProtoState(facts.state));
  info.set_hot_restart_version("disabled");
  // There is one epoch: a process does not take over from another.
  info.mutable_uptime_current_epoch()->set_seconds(uptime_seconds);
  info.mutable_uptime_all_epochs()->set_seconds(uptime_seconds);
  *info.mutable_command_line_options() = facts.options;
  *info.mutable_node() = facts.node;
  return ProtoJson(info, JsonDefaults::kPrint);
}

}  // namespace sluice
