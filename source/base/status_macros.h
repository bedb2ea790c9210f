// RETURN_IF_ERROR, ASSIGN_OR_RETURN: pass an absl::Status up. Control path only: a Status
// allocates.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expression` from the calling function unless it is ok.
#define RETURN_IF_ERROR(expression)                  \
  do {                                               \
    ::absl::Status sluice_status_ = (expression);    \
    if (!sluice_status_.ok()) return sluice_status_; \
  } while (false)

// Assigns the value of the StatusOr `expression` to `target`, which may declare a variable, or
// returns its status.
#define ASSIGN_OR_RETURN(target, expression) \
  SLUICE_ASSIGN_OR_RETURN_(SLUICE_CONCATENATE_(sluice_status_or_, __LINE__), target, expression)

#define SLUICE_CONCATENATE_INNER_(a, b) a##b
#define SLUICE_CONCATENATE_(a, b) SLUICE_CONCATENATE_INNER_(a, b)
#define SLUICE_ASSIGN_OR_RETURN_(result, target, expression) \
  auto result = (expression);                                \
  if (!result.ok()) return std::move(result).status();       \
  target = *std::move(result)
