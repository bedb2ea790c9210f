// Until when certificates and stapled answers are good: gauges, and a warning when they are not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "source/base/log.h"
#include "source/tls/certificate_dates.h"
#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDay = 86400;
std::string* captured = nullptr;

class Dates : public TlsTest {
 protected:
  Dates() {
    captured = &log_;
    SetLogWriter([](absl::string_view line) { captured->append(line); });
  }
  ~Dates() override { SetLogWriter(nullptr); }

  WallTime now() { return world_.main().loop.wall_now(); }
  int64_t PosixNow() {
    return std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
  }
  TestCertificate EndingIn(int64_t seconds) {
    return MakeCertificate({.common_name = "own.test", .not_after = PosixNow() + seconds});
  }
  int64_t Days() { return dates_.DaysUntilFirstCertificateEnds(now()); }
  int64_t StapleSeconds() { return dates_.SecondsUntilFirstStapleEnds(now()); }

  std::string log_;
};

TEST_F(Dates, AreThoseOfWhatIsInUseAndEndsFirst) {
  EXPECT_EQ(Days(), std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(StapleSeconds(), 0);
  ServeWith(EndingIn(90 * kDay + 10));
  EXPECT_EQ(Days(), 90);
  const TestCertificate authority = MakeCertificate(
      {.common_name = "ca", .is_authority = true, .not_after = PosixNow() + 31 * kDay - 10});
  tls_pb::UpstreamTlsContext upstream;
  Trust(*upstream.mutable_common_tls_context(), authority);
  EXPECT_EQ(TryDialWith(upstream), "");
  EXPECT_EQ(Days(), 30);
  client_factory_.reset();
  EXPECT_EQ(Days(), 90);
  world_.Advance(std::chrono::seconds(20));
  EXPECT_EQ(Days(), 89);
  EXPECT_EQ(log_, "");
}

TEST_F(Dates, OfStaplesAreInSeconds) {
  const TestCertificate own = EndingIn(90 * kDay);
  tls_pb::DownstreamTlsContext context;
  tls_pb::TlsCertificate* added = Add(*context.mutable_common_tls_context(), own);
  SetInline(*added->mutable_ocsp_staple(), MakeOcspResponse(own, k2025, PosixNow() + 3600));
  Serve(context);
  EXPECT_EQ(StapleSeconds(), 3600);
  world_.Advance(std::chrono::seconds(3601));
  EXPECT_EQ(StapleSeconds(), 0);
}

TEST_F(Dates, ThatAreOverAreSaidAndTheCertificateIsUsed) {
  ServeWith(EndingIn(-1));
  EXPECT_THAT(log_,
              HasSubstr("[warning][secret] listener.test: the certificate of \"own.test\" has "
                        "expired: 20"));
  EXPECT_EQ(Days(), 0);
  EXPECT_TRUE(Dial().connected());
}

TEST_F(Dates, ThatAreToComeAreSaid) {
  ServeWith(MakeCertificate({.common_name = "own.test", .not_before = k2030}));
  EXPECT_THAT(log_, HasSubstr("\"own.test\" is not valid before 2030-01-01 00:00:00Z"));
}

TEST_F(Dates, FollowFilesThatChange) {
  const auto write = [](const TestCertificate& certificate) {
    WriteTestFile("dates.crt", certificate.pem);
    return WriteTestFile("dates.key", certificate.key_pem);
  };
  tls_pb::DownstreamTlsContext context;
  auto& certificate = *context.mutable_common_tls_context()->add_tls_certificates();
  certificate.mutable_private_key()->set_filename(write(EndingIn(5 * kDay)));
  certificate.mutable_certificate_chain()->set_filename(::testing::TempDir() + "/dates.crt");
  Serve(context);
  EXPECT_EQ(Days(), 5);
  const std::string key = write(EndingIn(-kDay));
  files_.Change(key);
  world_.RunUntilIdle();
  EXPECT_EQ(Days(), 0);
  EXPECT_THAT(log_, HasSubstr("has expired"));
}

}  // namespace
}  // namespace sluice
