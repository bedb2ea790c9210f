// The main of a test program that runs each of its tests again and again, with one more I/O call of
// the proxy going wrong each time, until a run is not touched. Every ProxyFixture of the program is
// armed. What a test expects to read is off then and not looked at; what fixture and world complain
// of at their ends counts: each request ends once and is logged once, nothing is left over, the
// world comes to rest. And so does a crash.
//
// Takes --gtest_filter, and Bazel's shards.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "source/base/log.h"
#include "test/harness/fault_schedule.h"

namespace sluice {
namespace {

// Of whose complaints a run under faults is judged.
constexpr absl::string_view kJudges[] = {"test/harness/proxy_fixture.cc",
                                         "test/harness/sim_world.cc"};
// Up to here every call fails once. Then the steps grow, or a test of 3,000 calls would be run
// 6,000 times.
constexpr uint64_t kEveryCallUpTo = 64;
// A run that takes longer hangs.
constexpr unsigned kSecondsMax = 120;

uint64_t NextCall(uint64_t call) { return call + 1 + (call < kEveryCallUpTo ? 0 : call / 16); }

// Which run it was, for who reads of a crash.
std::string running;

void SayWhichRun(int signal) {
  const std::string& line = running;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// Takes all failures of a test, and keeps those that count.
class Judge final : public testing::EmptyTestEventListener {
 public:
  std::vector<std::string> TakeTests() { return std::exchange(tests_, {}); }
  std::vector<std::string> TakeComplaints() { return std::exchange(complaints_, {}); }

 private:
  void OnTestStart(const testing::TestInfo& test) override {
    tests_.push_back(absl::StrCat(test.test_suite_name(), ".", test.name()));
    taken_ = std::make_unique<testing::TestPartResultArray>();
    taker_ = std::make_unique<testing::ScopedFakeTestPartResultReporter>(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, taken_.get());
  }
  void OnTestEnd(const testing::TestInfo&) override {
    taker_.reset();
    for (int i = 0; i < taken_->size(); ++i) {
      const testing::TestPartResult& part = taken_->GetTestPartResult(i);
      const absl::string_view file = part.file_name() == nullptr ? "" : part.file_name();
      if (std::any_of(std::begin(kJudges), std::end(kJudges),
                      [file](absl::string_view judge) { return absl::EndsWith(file, judge); })) {
        complaints_.push_back(absl::StrCat(file, ":", part.line_number(), ": ", part.message()));
      }
    }
  }
  std::unique_ptr<testing::TestPartResultArray> taken_;
  std::unique_ptr<testing::ScopedFakeTestPartResultReporter> taker_;
  std::vector<std::string> tests_;  // as they were run
  std::vector<std::string> complaints_;
};

// What the judge says of them counts; true: nothing.
bool RunTests(Judge& judge) {
  [[maybe_unused]] const int result = RUN_ALL_TESTS();
  SLUICE_CHECK(testing::UnitTest::GetInstance()->test_to_run_count() > 0);
  const std::vector<std::string> complaints = judge.TakeComplaints();
  if (!complaints.empty()) std::fputs(running.c_str(), stdout);
  for (const std::string& complaint : complaints) std::printf("  %s\n", complaint.c_str());
  return complaints.empty();
}

// Its runs; stops at the first one that is complained of.
struct Outcome {
  uint64_t runs = 0;
  bool clean = true;
};

Outcome RunUnderFaults(Judge& judge, const std::string& test) {
  Outcome outcome;
  testing::GTEST_FLAG(filter) = test;
  for (const FaultKind kind : {FaultKind::kReset, FaultKind::kShort}) {
    bool happened = true;
    for (uint64_t call = 1; happened; call = NextCall(call)) {
      running = absl::StrCat(test, " with its I/O call ", call, ": ", FaultKindName(kind), "\n");
      FaultSchedule faults(call, kind);
      FaultSchedule::ArmEveryFixture(&faults);
      alarm(kSecondsMax);
      outcome.clean = RunTests(judge);
      FaultSchedule::ArmEveryFixture(nullptr);
      ++outcome.runs;
      happened = faults.happened();
      if (!outcome.clean) return outcome;
    }
  }
  return outcome;
}

int RunEveryTest() {
  Judge* const judge = new Judge;  // GoogleTest's, from Append on
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(judge);
  running = "the untouched run\n";
  bool clean = RunTests(*judge);
  // From here on one test a run, whatever the shard.
  for (const char* name : {"GTEST_TOTAL_SHARDS", "GTEST_SHARD_INDEX"}) unsetenv(name);
  uint64_t runs = 0;
  for (const std::string& test : judge->TakeTests()) {
    const Outcome outcome = RunUnderFaults(*judge, test);
    std::printf("%6d runs of %s\n", static_cast<int>(outcome.runs), test.c_str());
    runs += outcome.runs;
    clean &= outcome.clean;
  }
  std::printf("%d runs\n", static_cast<int>(runs));
  return clean && runs > 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  testing::GTEST_FLAG(output) = "";  // a report for each run would be of the last one only
  testing::InitGoogleTest(&argc, argv);
  sluice::SetLogLevel(sluice::LogLevel::kOff);
  for (const int signal : {SIGABRT, SIGSEGV, SIGALRM}) std::signal(signal, sluice::SayWhichRun);
  return sluice::RunEveryTest();
}
