#include "source/base/flow_gauge.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

class RecordingSource final : public FlowSource {
 public:
  void PauseReading() override { events += 'p'; }
  void ResumeReading() override { events += 'r'; }
  std::string events;
};

TEST(FlowGauge, PausesOverTheLimitAndResumesAtHalf) {
  RecordingSource source;
  FlowGauge gauge(100);
  gauge.SetSource(&source);
  gauge.Add(100);
  EXPECT_EQ(source.events, "");
  gauge.Add(1);
  EXPECT_EQ(source.events, "p");
  gauge.Add(500);
  EXPECT_EQ(source.events, "p");
  gauge.Subtract(550);
  EXPECT_EQ(source.events, "p");
  EXPECT_TRUE(gauge.paused());
  gauge.Subtract(1);
  EXPECT_EQ(source.events, "pr");
  EXPECT_EQ(gauge.waiting_bytes(), 50u);
}

TEST(FlowGauge, ALimitOfNothingPausesAtTheFirstByteAndResumesWhenEmpty) {
  RecordingSource source;
  FlowGauge gauge(0);
  gauge.SetSource(&source);
  gauge.Add(0);
  EXPECT_EQ(source.events, "");
  gauge.Add(2);
  gauge.Subtract(1);
  EXPECT_EQ(source.events, "p");
  gauge.Subtract(1);
  EXPECT_EQ(source.events, "pr");
}

TEST(FlowGauge, ALateSourceIsPausedAndARemovedOneLeftAlone) {
  RecordingSource first, second;
  FlowGauge gauge(10);
  gauge.Add(11);
  EXPECT_FALSE(gauge.paused());
  gauge.SetSource(&first);
  EXPECT_EQ(first.events, "p");
  gauge.SetSource(nullptr);
  gauge.SetSource(&second);
  EXPECT_EQ(first.events, "p");
  EXPECT_EQ(second.events, "p");
  gauge.SetSource(nullptr);
  gauge.Subtract(11);
  EXPECT_EQ(second.events, "p");
}

}  // namespace
}  // namespace sluice
