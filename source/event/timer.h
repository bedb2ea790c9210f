// Timer: one deadline of its owner. A member of the owner, so that it cannot outlive it; destroying
// it disarms it. Calls a method of the owner, without an allocation and without a virtual.
//
// Moving a deadline later, as idle timers do with every byte, writes one field: the queue notices
// when the old deadline comes.
#pragma once

#include "source/base/units.h"
#include "source/event/event_loop.h"
#include "source/event/timer_queue.h"

namespace sluice {

class Timer final : public TimerEntry {
 public:
  // `Timer idle_{loop, this, kMethod<&Connection::OnIdle>}` calls OnIdle at the deadline.
  template <class T>
  Timer(EventLoop& loop, T* owner, void (*call)(void*)) : TimerEntry(call, owner), loop_(loop) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { loop_.timers().Remove(*this); }

  // Fires once, in the first turn at or after now() + delay; a second Arm replaces the first.
  void Arm(Duration delay) { loop_.timers().Schedule(*this, loop_.now() + delay); }
  void Disarm() { loop_.timers().Cancel(*this); }

 private:
  EventLoop& loop_;
};

template <auto Method>
struct MethodCall;
template <class T, void (T::*Method)()>
struct MethodCall<Method> {
  static void Call(void* owner) { (static_cast<T*>(owner)->*Method)(); }
};
// The trampoline for Timer's third argument.
template <auto Method>
inline constexpr void (*kMethod)(void*) = &MethodCall<Method>::Call;

}  // namespace sluice
