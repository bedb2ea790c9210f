#include "source/base/link.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"

namespace sluice {
namespace {

struct Target : LinkTarget<Target> {
  int value = 7;
};

struct Owner {
  LinkTarget<Owner> end;
};

TEST(Link, ReadsNullWhenItsTargetDies) {
  auto target = std::make_unique<Target>();
  Link<Target> one(*target), two(*target), three(*target);
  EXPECT_EQ(one->value, 7);
  two.Reset();
  target.reset();
  EXPECT_FALSE(one);
  EXPECT_FALSE(two);
  EXPECT_EQ(three.get(), nullptr);
}

TEST(Link, ATargetForgetsLinksThatDie) {
  Target target;
  Link<Target> first(target);
  { Link<Target> middle(target); }
  auto last = std::make_unique<Link<Target>>(target);
  last.reset();
  target.BreakLinks();
  EXPECT_FALSE(first);
}

TEST(Link, MovesWithItsTarget) {
  Target target;
  Link<Target> from(target);
  Link<Target> to(std::move(from));
  EXPECT_FALSE(from);
  EXPECT_EQ(to.get(), &target);
  from = std::move(to);
  EXPECT_FALSE(to);
  EXPECT_EQ(from.get(), &target);
  target.BreakLinks();
  EXPECT_FALSE(from);
}

TEST(Link, MovingAnEmptyLinkOntoABoundOneResetsIt) {
  Target target;
  Link<Target> bound(target), empty;
  bound = std::move(empty);
  EXPECT_FALSE(bound);
}

TEST(Link, RebindsFromOneTargetToAnother) {
  auto first = std::make_unique<Target>();
  Target second;
  Link<Target> link(*first);
  link.Bind(second);
  first.reset();
  EXPECT_EQ(link.get(), &second);
}

TEST(Link, ReachesATargetWhoseEndIsAMember) {
  auto owner = std::make_unique<Owner>();
  Link<Owner> link;
  link.Bind(*owner, owner->end);
  Link<Owner> moved(std::move(link));
  EXPECT_EQ(moved.get(), owner.get());
  owner.reset();
  EXPECT_FALSE(moved);
}

}  // namespace
}  // namespace sluice
