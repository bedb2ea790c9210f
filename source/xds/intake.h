// Intake: what a user gets to see of a response. Pure, but for the user.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
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

// A response on its way to `user`, who gets those resources of it that are wanted, of the right
// kind and name, and there once; `gone` are names that it does not have any more. Notes in
// `subscription` what was accepted and what was not. Of two resources of one name neither is taken,
// nor anything beside them.
class Intake {
 public:
  // Of what takes parts: for each turn. A cluster takes some tens of microseconds.
  static constexpr size_t kPartResources = 16;

  Intake(Response response, std::vector<std::string> gone)
      : response_(std::move(response)), gone_(std::move(gone)) {}

  // The next so many resources. True: there are more.
  bool TakePart(size_t count, Subscription& subscription, ResourceUser& user);
  // Bodies are moved from as they are taken.
  const Response& response() const { return response_; }
  const std::vector<std::string>& gone() const { return gone_; }
  const Taken& taken() const { return taken_; }

 private:
  Response response_;
  std::vector<std::string> gone_;
  size_t next_ = 0;
  Taken taken_;
};

// Every error on a line of its own, each with the kind and the name, up to 16 KiB, and how many are
// left out then. UTF-8, whatever the errors hold.
std::string RefusalText(const ResourceType& type, const std::vector<ResourceError>& errors);

}  // namespace sluice
