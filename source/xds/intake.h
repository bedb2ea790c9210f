// Intake: what a user gets to see of a response. Pure, but for the user.
#pragma once

#include <string>
#include <vector>

#include "source/xds/resource_source.h"
#include "source/xds/subscription.h"

namespace sluice {

// What has become of a response.
struct Taken {
  // Its user has been given what of it is good. Otherwise nothing has been taken of it.
  bool is_seen = false;
  std::vector<ResourceError> errors;
};

// Gives `user` those resources of `response` that are wanted, of the right kind and name, and there
// once; `gone` are names that it does not have any more. Notes in `subscription` what was accepted
// and what was not. Of two resources of one name neither is taken, nor anything beside them.
Taken TakeIn(Response& response, const std::vector<std::string>& gone, Subscription& subscription,
             ResourceUser& user);

// Every error on a line of its own, each with the kind and the name, up to 16 KiB, and how many are
// left out then. UTF-8, whatever the errors hold.
std::string RefusalText(const ResourceType& type, const std::vector<ResourceError>& errors);

}  // namespace sluice
