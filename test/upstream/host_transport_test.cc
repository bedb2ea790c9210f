#include "source/upstream/host_transport.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {
namespace {

// Known by its address.
class SomeTransport final : public ClientTransportFactory {
 public:
  std::unique_ptr<TransportSocket> Create(WorkerContext&,
                                          const ClientTransportArgs&) const override {
    return nullptr;
  }
};

KeyValues Labels(std::vector<KeyValue> entries) { return KeyValues(std::move(entries)); }

class HostTransport : public testing::Test {
 protected:
  HostTransport() { cluster_.transport = default_; }
  void Match(KeyValues labels, std::shared_ptr<const ClientTransportFactory> transport) {
    cluster_.transport_matches.push_back({std::move(labels), std::move(transport)});
  }
  const ClientTransportFactory* Of(KeyValues own, KeyValues of_locality = {}) {
    HostFacts host;
    host.transport_labels = TransportLabelsRef({std::move(own), std::move(of_locality)});
    return TransportOf(cluster_, host);
  }

  ClusterSpec cluster_;
  const std::shared_ptr<const ClientTransportFactory> default_ = std::make_shared<SomeTransport>();
  const std::shared_ptr<const ClientTransportFactory> a_ = std::make_shared<SomeTransport>();
  const std::shared_ptr<const ClientTransportFactory> b_ = std::make_shared<SomeTransport>();
};

TEST_F(HostTransport, IsTheClustersWhereNothingElseIsSaid) {
  EXPECT_EQ(TransportOf(cluster_, HostFacts()), default_.get());
  EXPECT_EQ(Of(Labels({{"tls", "true"}})), default_.get());
}

TEST_F(HostTransport, IsTheFirstWhoseLabelsItHas) {
  Match(Labels({{"tls", "true"}, {"zone", "1"}}), a_);
  Match(Labels({{"tls", "true"}}), b_);
  EXPECT_EQ(Of(Labels({{"tls", "true"}, {"zone", "1"}, {"more", "0"}})), a_.get());
  EXPECT_EQ(Of(Labels({{"tls", "true"}})), b_.get());
  EXPECT_EQ(Of(Labels({{"tls", "false"}})), default_.get());
  EXPECT_EQ(TransportOf(cluster_, HostFacts()), default_.get());
}

TEST_F(HostTransport, WithoutLabelsIsForAnyHost) {
  Match(Labels({{"tls", "true"}}), a_);
  Match({}, nullptr);
  EXPECT_EQ(Of(Labels({{"tls", "true"}})), a_.get());
  EXPECT_EQ(Of({}), nullptr);
  EXPECT_EQ(TransportOf(cluster_, HostFacts()), nullptr);
}

TEST_F(HostTransport, GoesByItsLocalityWhereItsOwnLabelsSayNothing) {
  Match(Labels({{"tls", "true"}}), a_);
  Match(Labels({{"tls", "false"}}), b_);
  EXPECT_EQ(Of({}, Labels({{"tls", "true"}})), a_.get());
  EXPECT_EQ(Of(Labels({{"tls", "false"}}), Labels({{"tls", "true"}})), b_.get());
}

TEST_F(HostTransport, IsAskedForByLabelsAlone) {
  Match(Labels({{"tls", "true"}}), a_);
  EXPECT_EQ(TransportFor(cluster_, Labels({{"tls", "true"}})), a_.get());
  EXPECT_EQ(TransportFor(cluster_, Labels({{"tls", "maybe"}})), default_.get());
}

TEST_F(HostTransport, AnyAndEvery) {
  EXPECT_TRUE(AnyTransport(cluster_));
  EXPECT_TRUE(EveryTransport(cluster_));
  Match(Labels({{"tls", "false"}}), nullptr);
  EXPECT_TRUE(AnyTransport(cluster_));
  EXPECT_FALSE(EveryTransport(cluster_));
  cluster_.transport = nullptr;
  EXPECT_FALSE(AnyTransport(cluster_));
  Match(Labels({{"tls", "true"}}), a_);
  EXPECT_TRUE(AnyTransport(cluster_));
  EXPECT_FALSE(EveryTransport(cluster_));
}

TEST_F(HostTransport, WithOtherLabelsItIsAnotherHost) {
  HostFacts one, same, other;
  one.transport_labels = TransportLabelsRef({.own = Labels({{"tls", "true"}}), .of_locality = {}});
  same.transport_labels = TransportLabelsRef({.own = Labels({{"tls", "true"}}), .of_locality = {}});
  other.transport_labels =
      TransportLabelsRef({.own = Labels({{"tls", "false"}}), .of_locality = {}});
  EXPECT_EQ(one, same);
  EXPECT_FALSE(one == other);
  EXPECT_FALSE(one == HostFacts());
}

}  // namespace
}  // namespace sluice
