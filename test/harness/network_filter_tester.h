// NetworkFilterTester: network filters driven without a socket, over the real ConnectionFilters.
// The test plays the peer, and reads what would have reached the connection's handler.
//
//   NetworkFilterTester tester(std::make_unique<MyFilter>());
//   tester.Bytes("hel");
//   EXPECT_EQ(tester.Take(), "");       // the filter has paused
//   tester.Bytes("lo", End::kYes);
//   EXPECT_EQ(tester.Take(), "hello");
//   EXPECT_TRUE(tester.ended());
//
// One filter, or several in the order of a configuration. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/net/connection_filters.h"
#include "test/harness/sim_world.h"

namespace sluice {

class NetworkFilterTester {
 public:
  using Filters = std::vector<std::unique_ptr<NetworkFilter>>;

  // The connection is new to the filters in the constructor already.
  explicit NetworkFilterTester(std::unique_ptr<NetworkFilter> filter);
  explicit NetworkFilterTester(Filters filters);

  // The peer sends. Nothing happens on a connection that a filter has closed.
  void Bytes(absl::string_view bytes, End end = End::kNo);
  void Fin() { Bytes("", End::kYes); }
  // As Bytes, one byte at a time: the end comes behind the last.
  void ByteByByte(absl::string_view bytes, End end = End::kNo);

  // What has passed all filters since it was last taken.
  std::string Take();
  // The peer's end has passed them, too.
  bool ended() const { return filters_->ended(); }
  // A filter has closed the connection, or kept too much.
  bool closed() const { return closed_; }
  // Blocks that filters hold, and what has passed and was not taken.
  size_t blocks_in_use() { return world_.worker().slabs.blocks_in_use(); }
  SimWorld& world() { return world_; }

 private:
  SimWorld world_;  // complains of what is left over
  std::unique_ptr<ConnectionFilters> filters_;
  Buffer passed_;
  bool closed_ = false;
};

}  // namespace sluice
