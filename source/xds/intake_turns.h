// IntakeTurns: takes responses in parts, a turn each, so that whatever else the thread has to do is
// not held up by one of many resources. For sources that have one response at a time.
//
// Main thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/xds/intake.h"

namespace sluice {

class IntakeTurns {
 public:
  // `on_end`: all of a response has been taken, or none is to be. May begin the next one.
  IntakeTurns(EventLoop& loop, std::function<void(const Intake&)> on_end)
      : loop_(loop), on_end_(std::move(on_end)) {}

  bool busy() const { return intake_.has_value(); }
  // Not while it is busy. The first part is taken in the call; what is lent here is used until the
  // end.
  void Begin(Response response, std::vector<std::string> gone, Subscription& subscription,
             ResourceUser& user) {
    intake_.emplace(std::move(response), std::move(gone));
    subscription_ = &subscription;
    user_ = &user;
    TakePart();
  }

 private:
  void TakePart() {
    const size_t count =
        user_->takes_parts() ? Intake::kPartResources : intake_->response().resources.size();
    if (intake_->TakePart(count, *subscription_, *user_)) return next_part_.Arm(Duration::zero());
    const Intake intake = *std::exchange(intake_, std::nullopt);
    on_end_(intake);
  }

  EventLoop& loop_;
  const std::function<void(const Intake&)> on_end_;
  std::optional<Intake> intake_;
  Subscription* subscription_ = nullptr;
  ResourceUser* user_ = nullptr;
  Timer next_part_{loop_, this, kMethod<&IntakeTurns::TakePart>};
};

}  // namespace sluice
