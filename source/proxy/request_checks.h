// Request checks: may this request go on, and in what spelling? Pure: decides from the head alone,
// and normalises its path and host in place.
#pragma once

#include "source/http/headers.h"
#include "source/proxy/connection_manager_config.h"
#include "source/proxy/failure_table.h"

namespace sluice {

struct CheckResult {
  Failure failure = Failure::kNone;
  bool redirect_to_path = false;  // to :path as it is now (escaped slashes were undone)
};

CheckResult CheckRequest(const RequestRules& rules, Headers& request);

}  // namespace sluice
