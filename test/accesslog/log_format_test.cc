#include "source/accesslog/log_format.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "source/accesslog/format_operator.h"
#include "source/accesslog/response_flags.h"
#include "test/accesslog/log_sample.h"
#include "test/harness/alloc_counter.h"

namespace sluice {
namespace {

class LogFormats : public ::testing::Test {
 protected:
  std::string Format(absl::string_view format, AbsentText absent = AbsentText::kDash) {
    ConfigErrors errors;
    auto parsed = LogFormat::Parse(format, FieldScope(errors, "format"), absent);
    if (!parsed.has_value()) return errors.ToString();
    std::string out;
    parsed->Append(sample_.context(), out);
    return out;
  }

  LogSample sample_;
};

TEST_F(LogFormats, DefaultLineIsEnvoys) {
  sample_.request.Add("x-forwarded-for", "203.0.113.7");
  EXPECT_EQ(Format(LogFormat::DefaultText()),
            "[2026-11-21T04:05:06.789Z] \"GET /a?b=c HTTP/1.1\" 200 - 3 5 42 - \"203.0.113.7\" "
            "\"curl\" \"-\" \"example.com\" \"10.0.0.1:8080\"\n");
}

TEST_F(LogFormats, HeadersMayHaveASecondChoiceAndALength) {
  EXPECT_EQ(Format("%REQ(X-NONE?:PATH)%"), "/a?b=c");
  EXPECT_EQ(Format("%REQ(:PATH):2%|%REQ(:PATH):200%"), "/a|/a?b=c");
  EXPECT_EQ(Format("%REQ_WITHOUT_QUERY(X-NONE?:PATH)%"), "/a");
  EXPECT_EQ(Format("%RESP(server)% %TRAILER(t)%"), "sluice -");
  EXPECT_EQ(Format("%REQ(HOST)%"), "example.com");
}

TEST_F(LogFormats, AbsentValuesAreADashOrNothing) {
  EXPECT_EQ(Format("a%REQ(X-NONE)%b"), "a-b");
  EXPECT_EQ(Format("a%REQ(X-NONE)%b", AbsentText::kNothing), "ab");
  EXPECT_EQ(Format("%DOWNSTREAM_TLS_VERSION%%DYNAMIC_METADATA(a:b)%%FILTER_STATE(x:PLAIN)%"),
            "---");
}

TEST_F(LogFormats, DynamicMetadataIsWhatListenerFiltersHaveSet) {
  AcceptedFacts accepted;
  accepted.SetMetadata("ns", "id", "old");
  accepted.SetMetadata("other", "id", "2");
  accepted.SetMetadata("ns", "id", "vpce-1");
  accepted.SetMetadata("ns", "quo\"te", "");
  DownstreamFacts downstream;
  downstream.accepted = std::make_unique<const AcceptedFacts>(accepted);
  sample_.info.downstream = &downstream;
  EXPECT_EQ(Format("%DYNAMIC_METADATA(ns:id)%|%DYNAMIC_METADATA(ns:id):4%"), "vpce-1|vpce");
  EXPECT_EQ(Format("%DYNAMIC_METADATA(ns)%"), R"({"id":"vpce-1","quo\"te":""})");
  EXPECT_EQ(Format("%DYNAMIC_METADATA(ns:id:below)%%DYNAMIC_METADATA(ns:none)%"
                   "%DYNAMIC_METADATA(none)%%DYNAMIC_METADATA(ns:quo\"te)%"),
            "----");
}

TEST_F(LogFormats, DurationsAreMillisecondsOrAbsent) {
  EXPECT_EQ(Format("%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%"),
            "42 - 12 30");
  sample_.info.request_complete = sample_.info.start + std::chrono::milliseconds(7);
  EXPECT_EQ(Format("%REQUEST_DURATION%"), "7");
}

TEST_F(LogFormats, AddressesWithAndWithoutPort) {
  EXPECT_EQ(
      Format("%UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_LOCAL_ADDRESS%"),
      "10.0.0.1:8080 10.0.0.1 -");
  EXPECT_EQ(Format("%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% "
                   "%DOWNSTREAM_REMOTE_PORT% %DOWNSTREAM_LOCAL_PORT%"),
            "[2001:db8::1]:99 2001:db8::1 99 -");
}

TEST_F(LogFormats, FlagsInEnvoysOrder) {
  EXPECT_EQ(Format("%RESPONSE_FLAGS%"), "-");
  sample_.info.flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
  sample_.info.flags.Set(ResponseFlag::kUpstreamConnectionFailure);
  EXPECT_EQ(Format("%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%"),
            "UF,URX UpstreamConnectionFailure,UpstreamRetryLimitExceeded");
}

TEST(ResponseFlagTexts, EveryFlagIsFoundByItsText) {
  for (int i = 0; i < static_cast<int>(ResponseFlag::kCount); ++i) {
    const auto flag = static_cast<ResponseFlag>(i);
    EXPECT_EQ(FindResponseFlag(ResponseFlagText(flag)), flag);
  }
  EXPECT_EQ(FindResponseFlag("XX"), std::nullopt);
}

TEST_F(LogFormats, Times) {
  EXPECT_EQ(Format("%START_TIME(%Y/%m/%d %s %3f %6f %f %1f)%"),
            "2026/11/21 1795233906 789 789000 789000000 7");
  EXPECT_EQ(Format("%START_TIME(%a, %d %b %Y %H:%M:%S %Z%z %%)%"),
            "Sat, 21 Nov 2026 04:05:06 UTC+0000 %");
  EXPECT_EQ(Format("%START_TIME(%j %e %y %D)%"), "325 21 26 11/21/26");
  EXPECT_EQ(Format("%START_TIME(%Q)%"), "format: unknown time conversion \"%Q\" in \"%Q\"\n");
  EXPECT_EQ(Format("%START_TIME(a%)%"), "format: unknown time conversion \"%\" in \"a%\"\n");
  sample_.info.start_wall = WallTime(std::chrono::seconds(-1));
  EXPECT_EQ(Format("%START_TIME%"), "1969-12-31T23:59:59.000Z");
}

TEST_F(LogFormats, TextOfTheProcess) {
  setenv("SLUICE_LOG_FORMAT_TEST", "from the environment", 1);
  EXPECT_EQ(Format("%ENVIRONMENT(SLUICE_LOG_FORMAT_TEST)%|%ENVIRONMENT(SLUICE_NO_SUCH)%"),
            "from the environment|-");
  EXPECT_NE(Format("%HOSTNAME%"), "");
  EXPECT_EQ(Format("%ACCESS_LOG_TYPE% %LOCAL_REPLY_BODY%"), "DownstreamEnd ");
  EXPECT_EQ(Format("%STREAM_ID%"), "17");
  sample_.request.Add("x-request-id", "abc");
  EXPECT_EQ(Format("%STREAM_ID%"), "abc");
}

TEST_F(LogFormats, DetailsHaveNoSpaces) {
  sample_.info.response_code_details = "upstream reset: before response";
  EXPECT_EQ(Format("a b %RESPONSE_CODE_DETAILS%"), "a b upstream_reset:_before_response");
}

TEST_F(LogFormats, PercentSigns) {
  EXPECT_EQ(Format("100%%"), "100%");
  EXPECT_EQ(Format("%%REQ(x)%%"), "%REQ(x)%");
  EXPECT_EQ(Format(""), "");
}

TEST_F(LogFormats, EveryErrorIsReported) {
  EXPECT_EQ(Format("%RESPONSE_COD% %PROTOCOL(x)% %REQ()% %REQ(a?)% %REQ% %REQ(a):x% 50% off"),
            "format: unknown command operator %RESPONSE_COD%; did you mean \"RESPONSE_CODE\"?\n"
            "format: %PROTOCOL% takes no parentheses\n"
            "format: %REQ% needs one or two header names in parentheses; write %REQ(NAME)% or "
            "%REQ(NAME?OTHER)%\n"
            "format: %REQ% needs one or two header names in parentheses; write %REQ(NAME)% or "
            "%REQ(NAME?OTHER)%\n"
            "format: %REQ% needs one or two header names in parentheses; write %REQ(NAME)% or "
            "%REQ(NAME?OTHER)%\n"
            "format: no command operator after the % at \"REQ(a):x% 50% off\"; write %OPERATOR%, "
            "or %% for a percent sign\n");
}

// A format cut anywhere is an error or a format; it never crashes, and never reads on.
TEST_F(LogFormats, CutAtEveryByte) {
  const std::string whole = "%START_TIME(%Y %3f)%%REQ(A?B):10%%%x%ENVIRONMENT(A)%";
  for (size_t i = 0; i <= whole.size(); ++i) {
    ConfigErrors errors;
    auto format = LogFormat::Parse(std::string(whole, 0, i), FieldScope(errors, "f"));
    EXPECT_EQ(format.has_value(), errors.empty()) << i;
  }
}

TEST_F(LogFormats, EveryOperatorWorksOnAnEmptyStream) {
  const StreamInfo info{};
  const FormatContext context{.info = info};
  for (absl::string_view name : OperatorNames()) {
    const OperatorArgument argument = FindOperatorKind(name)->argument;
    const bool needs_argument = argument == OperatorArgument::kHeaders ||
                                argument == OperatorArgument::kVariable ||
                                argument == OperatorArgument::kMetadata;
    ConfigErrors errors;
    auto format = LogFormat::Parse(absl::StrCat("%", name, needs_argument ? "(X)%" : "%"),
                                   FieldScope(errors, "f"));
    ASSERT_TRUE(format.has_value()) << errors.ToString();
    std::string out;
    format->Append(context, out);
    EXPECT_NE(out, name == "LOCAL_REPLY_BODY" ? "-" : "") << name;
  }
}

TEST_F(LogFormats, AppendingAllocatesNothing) {
  ConfigErrors errors;
  auto format = LogFormat::Parse(LogFormat::DefaultText(), FieldScope(errors, "f"));
  std::string out;
  format->Append(sample_.context(), out);
  out.clear();
  AllocCounter allocations;
  format->Append(sample_.context(), out);
  EXPECT_EQ(allocations.count(), 0);
}

TEST(Constants, FormatsWithoutOperators) {
  ConfigErrors errors;
  const FieldScope scope(errors, "f");
  EXPECT_TRUE(LogFormat::Parse("", scope)->constant());
  EXPECT_EQ(LogFormat::Parse("", scope)->constant_text(), "");
  EXPECT_EQ(LogFormat::Parse("5%% of", scope)->constant_text(), "5% of");
  EXPECT_FALSE(LogFormat::Parse("%PROTOCOL%", scope)->constant());
}

}  // namespace
}  // namespace sluice
