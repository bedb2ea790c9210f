// ThreadOwned<T>: owns an object that only the thread it was made on may end, for those whose own
// end may come on another: the last connection of a listener that is no more ends on its worker.
#pragma once

#include <memory>
#include <thread>
#include <utility>

#include "source/event/event_loop.h"

namespace sluice {

template <class T>
class ThreadOwned {
 public:
  // On the loop's thread.
  ThreadOwned(EventLoop& loop, std::unique_ptr<T> object)
      : loop_(loop), object_(std::move(object)) {}
  ThreadOwned(const ThreadOwned&) = delete;
  ThreadOwned& operator=(const ThreadOwned&) = delete;
  ~ThreadOwned() {
    if (std::this_thread::get_id() == thread_) return;
    loop_.Post([object = std::move(object_)]() mutable { object.reset(); });
  }
  T* operator->() const { return object_.get(); }

 private:
  EventLoop& loop_;
  const decltype(std::this_thread::get_id()) thread_ = std::this_thread::get_id();
  std::unique_ptr<T> object_;
};

}  // namespace sluice
