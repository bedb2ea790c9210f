// IntrusiveList: a doubly linked list whose nodes are bases of its elements. No allocation; an
// element that dies leaves its list. One thread.
#pragma once

#include <cstddef>

namespace sluice {

// `Tag` lets one element be in several lists.
template <class Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { Unlink(); }

  bool linked() const { return next_ != nullptr; }
  void Unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

template <class T, class Tag = void>
class IntrusiveList {
 public:
  IntrusiveList() { root_.next_ = root_.previous_ = &root_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) front().ListNode<Tag>::Unlink();
    root_.next_ = root_.previous_ = nullptr;
  }

  bool empty() const { return root_.next_ == &root_; }
  T& front() { return *static_cast<T*>(root_.next_); }
  const T& front() const { return *static_cast<const T*>(root_.next_); }
  T& back() { return *static_cast<T*>(root_.previous_); }
  void PushBack(T& element) { Insert(element, root_.previous_); }
  void PushFront(T& element) { Insert(element, &root_); }
  T& PopFront() {
    T& element = front();
    static_cast<ListNode<Tag>&>(element).Unlink();
    return element;
  }
  // O(n): for tests and admin pages.
  size_t CountSlow() const {
    size_t n = 0;
    for (const ListNode<Tag>* at = root_.next_; at != &root_; at = at->next_) ++n;
    return n;
  }
  // Calls `visit` for each element; `visit` may unlink or destroy the element it is given, no
  // other.
  template <class Visit>
  void ForEach(Visit visit) {
    for (ListNode<Tag>* at = root_.next_; at != &root_;) {
      ListNode<Tag>* next = at->next_;
      visit(*static_cast<T*>(at));
      at = next;
    }
  }

 private:
  void Insert(T& element, ListNode<Tag>* after) {
    ListNode<Tag>& node = element;
    node.Unlink();
    node.previous_ = after;
    node.next_ = after->next_;
    after->next_->previous_ = &node;
    after->next_ = &node;
  }
  ListNode<Tag> root_;
};

}  // namespace sluice
