// Of a host's failures only its own 5xx were errors in /clusters: one that reset every request,
// could not be reached, or never answered, looked well.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

class HostErrorsUncountedRegression : public testing::Test {
 protected:
  uint64_t Errors() {
    return proxy_.core().clusters().Find("users")->hosts().hosts[0]->rq_error.load();
  }
  void Get() {
    proxy_.Client().Get("/");
    proxy_.Advance(std::chrono::seconds(2));
  }
  ProxyFixture proxy_{ProxyFixture::ToUsers("timeout: 1s")};
};

TEST_F(HostErrorsUncountedRegression, AHostThatCannotBeReachedHasOne) {
  Get();
  EXPECT_EQ(Errors(), 1u);
}

TEST_F(HostErrorsUncountedRegression, OneThatResetsHasOne) {
  proxy_.Host(H1Answer{.bytes = "", .then = H1Answer::Then::kReset});
  Get();
  EXPECT_EQ(Errors(), 1u);
}

TEST_F(HostErrorsUncountedRegression, OneThatDoesNotAnswerHasOne) {
  proxy_.Host(H1Answer{.bytes = ""});
  Get();
  EXPECT_EQ(Errors(), 1u);
}

TEST_F(HostErrorsUncountedRegression, AnAnswerThatBreaksOffWasCountedByItsStatus) {
  proxy_.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
                       .then = H1Answer::Then::kFin});
  Get();
  EXPECT_EQ(Errors(), 0u);
}

}  // namespace
}  // namespace sluice
