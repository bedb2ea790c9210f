#include "source/base/buffer.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/random.h"

namespace sluice {
namespace {

std::string Pattern(size_t n, uint64_t seed = 1) {
  FastRandom random(seed);
  std::string text(n, '\0');
  for (char& c : text) c = static_cast<char>(random.Next());
  return text;
}

// Fills what Reserve gave with the first bytes of `text` and commits them.
void ReadInto(Buffer& buffer, absl::string_view text, size_t room, size_t entries) {
  std::array<iovec, 16> iov;
  const size_t count = buffer.Reserve(room, absl::MakeSpan(iov.data(), entries));
  size_t given = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t n = std::min(iov[i].iov_len, text.size() - given);
    std::memcpy(iov[i].iov_base, text.data() + given, n);
    given += n;
  }
  ASSERT_EQ(given, text.size());
  buffer.Commit(given);
}

size_t Entries(const Buffer& buffer) {
  std::array<iovec, 64> iov;
  return buffer.Peek(absl::MakeSpan(iov));
}

TEST(Buffer, EmptyHoldsNoBlock) {
  SlabPool pool;
  Buffer buffer(pool);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.Front(), "");
  buffer.Append("");
  EXPECT_EQ(pool.blocks_in_use(), 0u);
  buffer.Append("x");
  EXPECT_EQ(pool.blocks_in_use(), 1u);
  buffer.Drain(1);
  EXPECT_EQ(pool.blocks_in_use(), 0u);
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, AppendsFillBlocks) {
  SlabPool pool;
  Buffer buffer(pool);
  const std::string text = Pattern(3 * Block::capacity() + 5);
  for (size_t at = 0; at < text.size(); at += 100)
    buffer.Append(absl::string_view(text).substr(at, 100));
  EXPECT_EQ(buffer.ToString(), text);
  EXPECT_EQ(pool.blocks_in_use(), 4u);
}

TEST(Buffer, ReserveGivesTheFreeEndFirstAndCommitGivesTheRestBack) {
  SlabPool pool;
  Buffer buffer(pool);
  buffer.Append(Pattern(Block::capacity() - 3000));
  std::array<iovec, 4> iov;
  ASSERT_EQ(buffer.Reserve(64_KiB, absl::MakeSpan(iov)), 4u);
  EXPECT_EQ(iov[0].iov_len, 3000u);
  EXPECT_EQ(iov[1].iov_len, Block::capacity());
  buffer.Commit(3001);
  EXPECT_EQ(buffer.size(), Block::capacity() + 1);
  EXPECT_EQ(pool.blocks_in_use(), 2u);
}

TEST(Buffer, ReserveNeverGivesMoreThanAskedFor) {
  SlabPool pool;
  for (size_t asked :
       {size_t{0}, size_t{1}, size_t{100}, Block::capacity(), Block::capacity() + 1}) {
    Buffer buffer(pool);
    buffer.Append("abc");
    std::array<iovec, 8> iov;
    const size_t count = buffer.Reserve(asked, absl::MakeSpan(iov));
    size_t given = 0;
    for (size_t i = 0; i < count; ++i) given += iov[i].iov_len;
    EXPECT_EQ(given, asked);
    buffer.Commit(0);
    EXPECT_EQ(buffer.ToString(), "abc");
    EXPECT_EQ(pool.blocks_in_use(), 1u);
  }
}

TEST(Buffer, ReserveOfOneEntryIsNotWastedOnAFewBytes) {
  SlabPool pool;
  Buffer buffer(pool);
  buffer.Append(Pattern(Block::capacity() - 10));
  std::array<iovec, 1> iov;
  ASSERT_EQ(buffer.Reserve(16_KiB, absl::MakeSpan(iov)), 1u);
  EXPECT_EQ(iov[0].iov_len, Block::capacity());
  buffer.Commit(4);
  EXPECT_EQ(buffer.size(), Block::capacity() - 6);
  ASSERT_EQ(buffer.Reserve(10, absl::MakeSpan(iov)), 1u);
  EXPECT_EQ(iov[0].iov_len, 10u);
  buffer.Commit(0);
}

TEST(Buffer, ContiguousRoomIsOnePieceAndMayBeUsedInPart) {
  SlabPool pool;
  Buffer buffer(pool);
  std::string model = Pattern(Block::capacity() - 100);
  buffer.Append(model);
  for (size_t n : {size_t{60}, size_t{50}, size_t{0}, Block::capacity()}) {
    char* at = buffer.ReserveContiguous(n);
    const size_t used = n / 2;
    std::memset(at, 'x', n);
    buffer.CommitContiguous(used);
    model += std::string(used, 'x');
    EXPECT_EQ(buffer.ToString(), model);
  }
}

TEST(Buffer, MoveOfTheWholeLinksLargePieces) {
  SlabPool pool;
  Buffer from(pool), to(pool);
  to.Append("head");
  from.Append(Pattern(Buffer::kCopyMax + 1));
  const char* bytes = from.Front().data();
  to.MoveFrom(from);
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(Entries(to), 2u);
  to.Drain(4);
  EXPECT_EQ(to.Front().data(), bytes);
}

TEST(Buffer, MoveIntoAnEmptyBufferCopiesNothing) {
  SlabPool pool;
  Buffer from(pool), to(pool);
  from.Append("x");
  const char* byte = from.Front().data();
  to.MoveFrom(from);
  EXPECT_EQ(to.Front().data(), byte);
}

TEST(Buffer, ManySmallReadsMovedOnHoldFewBlocks) {
  SlabPool pool;
  Buffer to(pool);
  for (int i = 0; i < 64 * 1024; ++i) {
    Buffer from(pool);
    ReadInto(from, "x", 16_KiB, 2);
    to.MoveFrom(from);
  }
  EXPECT_EQ(pool.blocks_in_use(), 5u);
  EXPECT_LE(Entries(to), 5u);
}

TEST(Buffer, OneByteChunksOfABlockDoNotBecomeASliceEach) {
  SlabPool pool;
  Buffer from(pool), to(pool);
  const std::string text = Pattern(10000);
  from.Append(text);
  std::string model;
  for (size_t at = 0; at + 1 < text.size(); at += 2) {
    to.MoveFrom(from, 1);
    from.Drain(1);
    model += text[at];
  }
  EXPECT_EQ(to.ToString(), model);
  EXPECT_EQ(Entries(to), 1u);
}

TEST(Buffer, APartSharesItsBlockUntilBothAreGone) {
  SlabPool pool;
  Buffer from(pool), to(pool);
  const std::string text = Pattern(10000);
  from.Append(text);
  to.MoveFrom(from, 5000);
  EXPECT_EQ(pool.blocks_in_use(), 1u);
  from.Append("y");  // claims the end of the shared block
  to.Append("z");    // must not write over it
  EXPECT_EQ(from.ToString(), text.substr(5000) + "y");
  EXPECT_EQ(to.ToString(), text.substr(0, 5000) + "z");
  from.Clear();
  EXPECT_EQ(to.ToString(), text.substr(0, 5000) + "z");
  to.Clear();
  EXPECT_EQ(pool.blocks_in_use(), 0u);
}

TEST(Buffer, SharingLeavesBothWhole) {
  SlabPool pool;
  Buffer a(pool), b(pool);
  const std::string large(40000, 'x');
  a.Append(large);
  a.Append("end");
  b.Append("begin");
  const size_t blocks = pool.blocks_in_use();
  b.AppendShared(a);
  EXPECT_EQ(b.ToString(), "begin" + large + "end");
  EXPECT_EQ(a.ToString(), large + "end");
  EXPECT_LE(pool.blocks_in_use(), blocks + 1);
  a.Append("more of a");
  b.Append("more of b");
  EXPECT_EQ(b.ToString(), "begin" + large + "endmore of b");
  EXPECT_EQ(a.ToString(), large + "endmore of a");
  a.Clear();
  EXPECT_EQ(b.ToString(), "begin" + large + "endmore of b");
}

TEST(Buffer, LinearViewsOnePieceAndCopiesSeveral) {
  SlabPool pool;
  Buffer buffer(pool);
  const std::string text = Pattern(Block::capacity() + 100);
  buffer.Append(text);
  std::string scratch(text.size(), '\0');
  EXPECT_EQ(buffer.Linear(Block::capacity(), scratch.data()).data(), buffer.Front().data());
  EXPECT_EQ(buffer.Linear(text.size(), scratch.data()).data(), scratch.data());
  EXPECT_EQ(scratch, text);
  EXPECT_TRUE(buffer.Linear(0, scratch.data()).empty());
}

TEST(Buffer, FindCrossesPieces) {
  SlabPool pool;
  Buffer buffer(pool);
  buffer.Append(std::string(Block::capacity(), 'a') + "b" + std::string(10, 'a') + "b");
  EXPECT_EQ(buffer.Find('b'), Block::capacity());
  EXPECT_EQ(buffer.Find('b', Block::capacity()), Block::capacity());
  EXPECT_EQ(buffer.Find('b', Block::capacity() + 1), Block::capacity() + 11);
  EXPECT_EQ(buffer.Find('b', Block::capacity() + 12), std::nullopt);
  EXPECT_EQ(buffer.Find('b', 1'000'000), std::nullopt);
  EXPECT_EQ(buffer.Find('c'), std::nullopt);
}

TEST(Buffer, MovesLeaveTheSourceUsable) {
  SlabPool pool;
  Buffer a(pool);
  a.Append("abc");
  Buffer b(std::move(a));
  EXPECT_TRUE(a.empty());
  a.Append("d");
  a = std::move(b);
  EXPECT_EQ(a.ToString(), "abc");
  EXPECT_TRUE(b.empty());
}

TEST(BufferDeathTest, RangesOutsideAreBugs) {
  SlabPool pool;
  Buffer buffer(pool), other(pool);
  buffer.Append("abc");
  char to[8];
  EXPECT_DEATH(buffer.Drain(4), "check failed");
  EXPECT_DEATH(other.MoveFrom(buffer, 4), "check failed");
  EXPECT_DEATH(buffer.CopyOut(2, 2, to), "check failed");
  EXPECT_DEATH(buffer.CopyOut(4, 0, to), "check failed");
  EXPECT_DEATH(buffer.Linear(4, to), "check failed");
  EXPECT_DEATH(buffer.ReserveContiguous(Block::capacity() + 1), "check failed");
}

// Several buffers of one pool against strings, under every operation in a seeded random order.
class BufferModel {
 public:
  explicit BufferModel(uint64_t seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) buffers_.emplace_back(pool_);
  }
  ~BufferModel() {
    buffers_.clear();
    EXPECT_EQ(pool_.blocks_in_use(), 0u);
  }

  void Step() {
    const size_t at = random_.Below(buffers_.size());
    const size_t other = (at + 1 + random_.Below(buffers_.size() - 1)) % buffers_.size();
    Change(at, other);
    Check(at);
    Check(other);
  }

 private:
  size_t Size() {
    static constexpr size_t kLimits[] = {4, 100, Buffer::kCopyMax + 10, 40000};
    return random_.Below(kLimits[random_.Below(4)]);
  }
  std::string Text(size_t n) { return Pattern(n, random_.Next()); }
  void Change(size_t at, size_t other) {
    Buffer& buffer = buffers_[at];
    std::string& model = models_[at];
    switch (random_.Below(9)) {
      case 0: {
        const std::string text = Text(Size());
        buffer.Append(text);
        model += text;
        break;
      }
      case 1: {
        const std::string text = Text(Size());
        ReadInto(buffer, text, text.size() + Size(), 8);
        model += text;
        break;
      }
      case 2: {
        const size_t room = random_.Below(Block::capacity() + 1);
        const std::string text = Text(random_.Below(room + 1));
        std::memcpy(buffer.ReserveContiguous(room), text.data(), text.size());
        buffer.CommitContiguous(text.size());
        model += text;
        break;
      }
      case 3:
        buffer.MoveFrom(buffers_[other]);
        model += models_[other];
        models_[other].clear();
        break;
      case 4:
      case 5: {
        const size_t n = std::min(Size(), models_[other].size());
        buffer.MoveFrom(buffers_[other], n);
        model += models_[other].substr(0, n);
        models_[other].erase(0, n);
        break;
      }
      case 6:
      case 7: {
        const size_t n = std::min(Size() * 2, model.size());
        buffer.Drain(n);
        model.erase(0, n);
        break;
      }
      default:
        if (model.size() < 100'000) break;
        buffer.Clear();
        model.clear();
    }
  }
  void Check(size_t at) {
    const Buffer& buffer = buffers_[at];
    const std::string& model = models_[at];
    ASSERT_EQ(buffer.size(), model.size());
    ASSERT_TRUE(buffer.ToString() == model);
    const size_t from = random_.Below(model.size() + 1);
    const size_t n = random_.Below(model.size() - from + 1);
    std::string part(n, '\0');
    buffer.CopyOut(from, n, part.data());
    ASSERT_TRUE(part == model.substr(from, n));
    const size_t found = model.find('\n', from);
    ASSERT_EQ(buffer.Find('\n', from).value_or(std::string::npos), found);
    std::string scratch(n, '\0');
    ASSERT_TRUE(buffer.Linear(n, scratch.data()) == model.substr(0, n));
    std::vector<iovec> iov(200);
    const size_t count = buffer.Peek(absl::MakeSpan(iov));
    size_t seen = 0;
    for (size_t i = 0; i < count; ++i) {
      ASSERT_GT(iov[i].iov_len, 0u);
      seen += iov[i].iov_len;
    }
    ASSERT_EQ(seen, model.size());
  }

  SlabPool pool_;
  FastRandom random_;
  std::vector<Buffer> buffers_;
  std::array<std::string, 3> models_;
};

TEST(Buffer, BehavesLikeAStringUnderRandomOperations) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    BufferModel model(seed);
    for (int step = 0; step < 300 && !testing::Test::HasFatalFailure(); ++step) model.Step();
  }
}

}  // namespace
}  // namespace sluice
