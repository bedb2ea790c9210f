// Link: a pointer that knows when its target dies, for references across ownership trees.
//
// `LinkTarget<T>` is a base of the target, or a member of it; any number of `Link<T>`s may point to
// it. When the target dies every link reads null; when a link dies the target forgets it. One
// thread; no allocation, no count: an intrusive list.
#pragma once

namespace sluice {

template <class T>
class Link;

template <class T>
class LinkTarget {
 public:
  LinkTarget() = default;
  LinkTarget(const LinkTarget&) = delete;
  LinkTarget& operator=(const LinkTarget&) = delete;
  ~LinkTarget() { BreakLinks(); }

  // Makes all links null now, before the destructor would.
  void BreakLinks() {
    while (first_ != nullptr) first_->Reset();
  }

 private:
  friend class Link<T>;
  Link<T>* first_ = nullptr;
};

template <class T>
class Link {
 public:
  Link() = default;
  explicit Link(T& target) { Bind(target); }
  Link(Link&& other) noexcept { TakeOver(other); }
  Link& operator=(Link&& other) noexcept {
    if (this != &other) {
      Reset();
      TakeOver(other);
    }
    return *this;
  }
  ~Link() { Reset(); }

  void Bind(T& target) { Bind(target, target); }
  // For a target that has its end as a member.
  void Bind(T& target, LinkTarget<T>& end) {
    Reset();
    target_ = &target;
    list_ = &end;
    next_ = end.first_;
    if (next_ != nullptr) next_->previous_ = this;
    end.first_ = this;
  }
  void Reset() {
    if (list_ == nullptr) return;
    (previous_ != nullptr ? previous_->next_ : list_->first_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    target_ = nullptr;
    list_ = nullptr;
    next_ = previous_ = nullptr;
  }

  T* get() const { return target_; }
  T* operator->() const { return target_; }
  T& operator*() const { return *target_; }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  friend class LinkTarget<T>;
  void TakeOver(Link& other) {
    if (other.target_ == nullptr) return;
    T& target = *other.target_;
    LinkTarget<T>& end = *other.list_;
    other.Reset();
    Bind(target, end);
  }
  T* target_ = nullptr;
  LinkTarget<T>* list_ = nullptr;
  Link* next_ = nullptr;
  Link* previous_ = nullptr;
};

}  // namespace sluice
