// Intake: what a user gets to see of a response. Pure, but for the user.
#pragma once

#include <string>
#include <vector>

#include "source/xds/resource_source.h"
#include "source/xds/subscription.h"

namespace sluice {

// Gives `user` those resources of `response` that are wanted, of the right kind, and there once;
// `gone` are names that it does not have any more. Notes in `subscription` what was accepted, and
// returns what was not. Of two resources of one name neither is taken, nor anything beside them.
std::vector<ResourceError> TakeIn(Response& response, const std::vector<std::string>& gone,
                                  Subscription& subscription, ResourceUser& user);

// Every error on a line of its own, each with the kind and the name, up to 16 KiB.
std::string RefusalText(const ResourceType& type, const std::vector<ResourceError>& errors);

}  // namespace sluice
