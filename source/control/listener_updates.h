// ListenerUpdates: listeners by discovery (LDS). Main thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "envoy/config/listener/v3/listener.pb.h"
#include "source/control/update_steps.h"
#include "source/event/event_loop.h"
#include "source/xds/resource_source.h"

namespace sluice {

class ListenerUpdates final : public ResourceUser {
 public:
  struct Parts {
    EventLoop& loop;
    // Adds a listener or changes it; with errors in the scope the one before serves on.
    ApplyResource<envoy::config::listener::v3::Listener> set;
    std::function<void(const std::string& name)> remove;
    // The first answer has been dealt with, or is waited for no longer.
    std::function<void()> on_first;
  };
  explicit ListenerUpdates(Parts parts) : parts_(std::move(parts)) {}

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  void OnResponseEnd() override { TellFirst(); }
  void OnFetchTimeout(const std::string&) override { TellFirst(); }
  // A version that was accepted could not be put in service after all.
  void NoteFailure(const std::string& name, const std::string& version, const std::string& text);
  const ResourceRecords& records() const { return records_; }

 private:
  void TellFirst();

  const Parts parts_;
  ResourceRecords records_;
  bool told_first_ = false;
};

}  // namespace sluice
