#include "source/control/listener_updates.h"

namespace sluice {

std::vector<ResourceError> ListenerUpdates::OnResources(const std::vector<Resource>& resources,
                                                        const std::vector<std::string>& gone) {
  // An address may go from one that goes to one that comes.
  for (const std::string& name : gone) {
    records_.erase(name);
    parts_.remove(name);
  }
  std::vector<ResourceError> refused = UpdateResources<envoy::config::listener::v3::Listener>(
      resources, parts_.loop.wall_now(), records_, parts_.set);
  return refused;
}

void ListenerUpdates::NoteFailure(const std::string& name, const std::string& version,
                                  const std::string& text) {
  const auto at = records_.find(name);
  if (at == records_.end() || at->second.version != version) return;
  // Nothing is in force that could be the same as what comes next.
  at->second = {.version = {},
                .body = {},
                .refused = std::make_shared<const Refusal>(Refusal{version, text, {}, {}})};
}

void ListenerUpdates::TellFirst() {
  if (!std::exchange(told_first_, true)) parts_.on_first();
}

}  // namespace sluice
