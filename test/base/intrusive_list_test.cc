#include "source/base/intrusive_list.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

struct ByAge;
struct Item : ListNode<>, ListNode<ByAge> {
  explicit Item(char name) : name(name) {}
  char name;
};

template <class List>
std::string Names(List& list) {
  std::string names;
  list.ForEach([&](Item& item) { names += item.name; });
  return names;
}

TEST(IntrusiveList, KeepsOrderAndMovesWhatIsInsertedTwice) {
  Item a('a'), b('b'), c('c');
  IntrusiveList<Item> list;
  EXPECT_TRUE(list.empty());
  list.PushBack(b);
  list.PushBack(c);
  list.PushFront(a);
  EXPECT_EQ(Names(list), "abc");
  list.PushBack(a);
  EXPECT_EQ(Names(list), "bca");
  EXPECT_EQ(&list.front(), &b);
  EXPECT_EQ(&list.back(), &a);
  EXPECT_EQ(&list.PopFront(), &b);
  EXPECT_EQ(list.CountSlow(), 2u);
}

TEST(IntrusiveList, AnElementThatDiesLeaves) {
  Item a('a'), c('c');
  IntrusiveList<Item> list;
  list.PushBack(a);
  {
    Item b('b');
    list.PushBack(b);
    list.PushBack(c);
    EXPECT_EQ(Names(list), "abc");
  }
  EXPECT_EQ(Names(list), "ac");
}

TEST(IntrusiveList, AListThatDiesLetsItsElementsGo) {
  Item a('a');
  {
    IntrusiveList<Item> list;
    list.PushBack(a);
    EXPECT_TRUE(static_cast<ListNode<>&>(a).linked());
  }
  EXPECT_FALSE(static_cast<ListNode<>&>(a).linked());
}

TEST(IntrusiveList, OneElementInTwoLists) {
  Item a('a'), b('b');
  IntrusiveList<Item> list;
  IntrusiveList<Item, ByAge> by_age;
  list.PushBack(a);
  list.PushBack(b);
  by_age.PushBack(b);
  by_age.PushBack(a);
  EXPECT_EQ(Names(list), "ab");
  EXPECT_EQ(Names(by_age), "ba");
  static_cast<ListNode<ByAge>&>(a).Unlink();
  EXPECT_EQ(Names(list), "ab");
  EXPECT_EQ(Names(by_age), "b");
}

TEST(IntrusiveList, AVisitorMayDestroyWhatItIsGiven) {
  IntrusiveList<Item> list;
  for (char name : {'a', 'b', 'c'}) list.PushBack(*new Item(name));
  std::string names;
  list.ForEach([&](Item& item) {
    names += item.name;
    delete &item;
  });
  EXPECT_EQ(names, "abc");
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace sluice
