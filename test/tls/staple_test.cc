// OCSP answers stapled to handshakes, by policy, freshness, and what the certificate demands.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "source/tls/ocsp_response.h"
#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

class Staples : public TlsTest {
 protected:
  void Use(const TestCertificate& certificate, const std::string& staple,
           tls_pb::DownstreamTlsContext::OcspStaplePolicy policy) {
    context_.Clear();
    tls_pb::TlsCertificate* added = Add(*context_.mutable_common_tls_context(), certificate);
    if (!staple.empty()) SetInline(*added->mutable_ocsp_staple(), staple);
    context_.set_ocsp_staple_policy(policy);
  }
  TlsPeer& Ask() { return Dial({.wants_staple = true}); }

  static constexpr auto kLenient = tls_pb::DownstreamTlsContext::LENIENT_STAPLING;
  static constexpr auto kStrict = tls_pb::DownstreamTlsContext::STRICT_STAPLING;
  static constexpr auto kMust = tls_pb::DownstreamTlsContext::MUST_STAPLE;
  const TestCertificate plain_ = MakeCertificate({.common_name = "plain"});
  const TestCertificate demanding_ =
      MakeCertificate({.common_name = "demanding", .must_staple = true});
  const std::string fresh_ = MakeOcspResponse(plain_, k2025, k2030);
  const std::string stale_ = MakeOcspResponse(plain_, k2020, k2025);
  tls_pb::DownstreamTlsContext context_;
};

TEST_F(Staples, AreGivenToThoseWhoAsk) {
  for (const auto policy : {kLenient, kStrict, kMust}) {
    Use(plain_, fresh_, policy);
    Serve(context_);
    EXPECT_EQ(Ask().staple(), fresh_);
    EXPECT_EQ(Dial().staple(), "");
  }
  EXPECT_EQ(Stat("ocsp_staple_requests"), 3);
  EXPECT_EQ(Stat("ocsp_staple_responses"), 3);
  EXPECT_EQ(Stat("ocsp_staple_omitted"), 0);
}

TEST_F(Staples, ThatAreStaleAreLeftOutOrFatal) {
  Use(plain_, stale_, kLenient);
  Serve(context_);
  EXPECT_TRUE(Ask().connected());
  EXPECT_EQ(peer().staple(), "");
  EXPECT_EQ(Stat("ocsp_staple_omitted"), 1);
  for (const auto policy : {kStrict, kMust}) {
    Use(plain_, stale_, policy);
    Serve(context_);
    EXPECT_FALSE(Ask().connected());
    EXPECT_TRUE(Dial().connected());  // did not ask
  }
  EXPECT_EQ(Stat("ocsp_staple_failed"), 2);
}

TEST_F(Staples, MayBeMissingUnlessDemanded) {
  for (const auto policy : {kLenient, kStrict}) {
    Use(plain_, "", policy);
    Serve(context_);
    EXPECT_TRUE(Ask().connected());
  }
  EXPECT_EQ(Stat("ocsp_staple_omitted"), 2);
  Use(plain_, "", kMust);
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls_certificates[0].ocsp_staple: is required by ocsp_staple_policy"));
  Use(demanding_, "", kLenient);
  EXPECT_THAT(TryServe(context_), HasSubstr("the certificate itself demands stapling"));
  Use(demanding_, MakeOcspResponse(demanding_, k2020, k2025), kLenient);
  Serve(context_);
  EXPECT_FALSE(Ask().connected());
}

TEST_F(Staples, MustBeForTheCertificate) {
  Use(plain_, MakeOcspResponse(demanding_, k2025, k2030), kLenient);
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls_certificates[0].ocsp_staple: is for another certificate"));
}

TEST_F(Staples, CutOrBrokenAreRefused) {
  for (size_t size = 0; size < fresh_.size(); ++size) {
    EXPECT_FALSE(OcspResponse::Parse(fresh_.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(OcspResponse::Parse(fresh_ + "x").ok());
  for (size_t at = 0; at < fresh_.size(); ++at) {
    std::string wrong = fresh_;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x41);
    (void)OcspResponse::Parse(wrong).ok();
  }
  // An authority that could not answer: status tryLater, and nothing more.
  EXPECT_THAT(OcspResponse::Parse("\x30\x03\x0a\x01\x03").status().message(),
              HasSubstr("could not answer"));
}

}  // namespace
}  // namespace sluice
