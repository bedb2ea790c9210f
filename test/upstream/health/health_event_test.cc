// Lines of the event log are messages of Envoy's API.
#include "source/upstream/health/health_event.h"

#include <string>

#include "envoy/data/core/v3/health_check_event.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

using envoy::data::core::v3::HealthCheckEvent;
namespace data = envoy::data::core::v3;

HealthCheckEvent Event(HealthEvent event, ProbeVerdict verdict = ProbeVerdict::kPass,
                       bool was_first = false, const HealthCheckSpec& check = {},
                       const Host& host = *TestHost(1)) {
  const std::string line =
      HealthEventLine(event, "us\"ers", check, host, {"r", "z", "s"}, verdict, was_first,
                      WallTime(std::chrono::milliseconds(1234567891234)));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  HealthCheckEvent message;
  const auto status = google::protobuf::util::JsonStringToMessage(line, &message);
  EXPECT_TRUE(status.ok()) << status.ToString() << line;
  return message;
}

TEST(HealthEvents, SayWhichHostOfWhichClusterAndWhen) {
  HostFacts facts;
  facts.address = TestAddress(7);
  const HealthCheckEvent event =
      Event(HealthEvent::kSuccess, ProbeVerdict::kPass, false, {}, Host(facts));
  EXPECT_EQ(event.cluster_name(), "us\"ers");
  EXPECT_EQ(event.host().socket_address().address(), "10.0.0.7");
  EXPECT_EQ(event.host().socket_address().port_value(), 80u);
  EXPECT_EQ(event.locality().region(), "r");
  EXPECT_EQ(event.locality().sub_zone(), "s");
  EXPECT_EQ(event.timestamp().seconds(), 1234567891);
  EXPECT_EQ(event.timestamp().nanos(), 234000000);
  EXPECT_TRUE(event.has_successful_health_check_event());
}

TEST(HealthEvents, AUnixSocketIsAPipe) {
  HostFacts facts;
  facts.address = *Address::FromUnixPath("/run/x.sock");
  EXPECT_EQ(Event(HealthEvent::kSuccess, ProbeVerdict::kPass, false, {}, Host(facts))
                .host()
                .pipe()
                .path(),
            "/run/x.sock");
}

TEST(HealthEvents, SayWhatHasHappened) {
  EXPECT_TRUE(
      Event(HealthEvent::kAdd, ProbeVerdict::kPass, true).add_healthy_event().first_check());
  EXPECT_FALSE(
      Event(HealthEvent::kAdd, ProbeVerdict::kPass, false).add_healthy_event().first_check());
  EXPECT_TRUE(Event(HealthEvent::kDegraded).has_degraded_healthy_host());
  EXPECT_TRUE(Event(HealthEvent::kNoLongerDegraded).has_no_longer_degraded_host());
  const HealthCheckEvent failure = Event(HealthEvent::kFailure, ProbeVerdict::kNetwork, true);
  EXPECT_EQ(failure.health_check_failure_event().failure_type(), data::NETWORK);
  EXPECT_TRUE(failure.health_check_failure_event().first_check());
}

TEST(HealthEvents, SayWhatKindOfFailureItWas) {
  const std::pair<ProbeVerdict, data::HealthCheckFailureType> kCases[] = {
      {ProbeVerdict::kFail, data::ACTIVE},      {ProbeVerdict::kExcluded, data::ACTIVE},
      {ProbeVerdict::kRetriable, data::ACTIVE}, {ProbeVerdict::kPassive, data::PASSIVE},
      {ProbeVerdict::kNetwork, data::NETWORK},  {ProbeVerdict::kTimeout, data::NETWORK_TIMEOUT},
  };
  for (const auto& [verdict, type] : kCases) {
    EXPECT_EQ(Event(HealthEvent::kEject, verdict).eject_unhealthy_event().failure_type(), type);
  }
}

TEST(HealthEvents, SayWhichKindOfCheckItWas) {
  HealthCheckSpec check;
  EXPECT_EQ(Event(HealthEvent::kSuccess, ProbeVerdict::kPass, false, check).health_checker_type(),
            data::HTTP);
  check.probe.emplace<TcpProbeSpec>();
  EXPECT_EQ(Event(HealthEvent::kSuccess, ProbeVerdict::kPass, false, check).health_checker_type(),
            data::TCP);
  check.probe.emplace<GrpcProbeSpec>();
  EXPECT_EQ(Event(HealthEvent::kSuccess, ProbeVerdict::kPass, false, check).health_checker_type(),
            data::GRPC);
}

}  // namespace
}  // namespace sluice
