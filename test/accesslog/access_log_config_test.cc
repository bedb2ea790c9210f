#include "source/accesslog/access_log_config.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "google/protobuf/text_format.h"
#include "test/accesslog/log_sample.h"
#include "test/accesslog/memory_log_file.h"
#include "test/harness/alloc_counter.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

class AccessLogConfigs : public ::testing::Test {
 protected:
  std::unique_ptr<const AccessLog> Parse(const std::string& text) {
    envoy::config::accesslog::v3::AccessLog proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
    return factory_.Parse(proto, FieldScope(errors_, "access_log"));
  }
  std::unique_ptr<const AccessLog> ParseFile(const std::string& fields,
                                             const std::string& filter = "") {
    return Parse(
        absl::StrCat("typed_config { "
                     "[type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog] "
                     "{ path: '/log' ",
                     fields, " } } ", filter));
  }
  // The line that the sample gets, if any.
  std::string Line(const std::string& fields, const std::string& filter = "") {
    auto log = ParseFile(fields, filter);
    if (log == nullptr) return errors_.ToString();
    files_["/log"].clear();
    log->Log(0, sample_.context(), scratch_);
    bool flushed = false;
    factory_.FlushAll([&] { flushed = true; });
    world_.RunUntilIdle();
    EXPECT_TRUE(flushed);
    return files_["/log"];
  }
  bool Passes(const std::string& filter) {
    const std::string line =
        Line("log_format { text_format: 'x' }", absl::StrCat("filter { ", filter, " }"));
    EXPECT_TRUE(line.empty() || line == "x") << line;
    return line == "x";
  }

  SimWorld world_;
  ConfigErrors errors_;
  std::map<std::string, std::string> files_;
  AccessLogFactory factory_{{&world_.worker()}, world_.main(), MemoryLogFiles(files_)};
  LogSample sample_;
  std::string scratch_;
};

TEST_F(AccessLogConfigs, FormatsOfFiles) {
  EXPECT_EQ(Line("").substr(0, 50), "[2026-11-21T04:05:06.789Z] \"GET /a?b=c HTTP/1.1\" 2");
  EXPECT_EQ(Line("format: '%PROTOCOL%\\n'"), "HTTP/1.1\n");
  EXPECT_EQ(Line("log_format { text_format: '%RESPONSE_CODE%' }"), "200");
  EXPECT_EQ(Line("log_format { text_format_source { inline_string: '%REQ(a)%' } }"), "-");
  EXPECT_EQ(Line("log_format { text_format: '%REQ(a)%.' omit_empty_values: true }"), ".");
}

constexpr char kJson[] = R"({
  fields { key: 'z' value { string_value: '%RESPONSE_CODE%' } }
  fields { key: 'a' value { string_value: '%REQ(x)%' } }
  fields { key: 'm' value { string_value: '%REQ(x)% %RESPONSE_CODE%' } }
  fields { key: 'q"' value { string_value: '%REQ(quote)%' } }
  fields { key: 'n' value { number_value: 1.5 } }
  fields { key: 'o' value { struct_value {
    fields { key: 'b' value { bool_value: true } } fields { key: 'a' value { null_value: 0 } } } } }
  fields { key: 'l' value { list_value { values { string_value: '%PROTOCOL%' } } } } })";

TEST_F(AccessLogConfigs, JsonKeepsTypesAndSortsKeys) {
  sample_.request.Add("quote", "a\"b\n");
  EXPECT_EQ(Line(absl::StrCat("log_format { json_format ", kJson, " }")),
            R"({"a":null,"l":["HTTP/1.1"],"m":"- 200","n":1.5,"o":{"a":null,"b":true},)"
            R"("q\"":"a\"b\n","z":200})"
            "\n");
  EXPECT_EQ(Line(absl::StrCat("log_format { omit_empty_values: true json_format ", kJson, " }")),
            R"({"l":["HTTP/1.1"],"m":" 200","n":1.5,"o":{"a":null,"b":true},)"
            R"("q\"":"a\"b\n","z":200})"
            "\n");
  EXPECT_EQ(Line(absl::StrCat("typed_json_format ", kJson)).substr(0, 10), R"({"a":null,)");
  EXPECT_EQ(Line(absl::StrCat("json_format ", kJson)),
            R"({"a":"-","l":["HTTP/1.1"],"m":"- 200","n":1.5,"o":{"a":null,"b":true},)"
            R"("q\"":"a\"b\n","z":"200"})"
            "\n");
}

TEST_F(AccessLogConfigs, JsonHoldsANamespaceOfDynamicMetadataAsAnObject) {
  AcceptedFacts accepted;
  accepted.SetMetadata("ns", "id", "7");
  DownstreamFacts downstream;
  downstream.accepted = std::make_unique<const AcceptedFacts>(accepted);
  sample_.info.downstream = &downstream;
  EXPECT_EQ(Line("log_format { json_format {"
                 " fields { key: 'a' value { string_value: '%DYNAMIC_METADATA(ns)%' } }"
                 " fields { key: 'b' value { string_value: '%DYNAMIC_METADATA(ns:id)%' } }"
                 " fields { key: 'c' value { string_value: '%DYNAMIC_METADATA(ns):3%' } } } }"),
            R"({"a":{"id":"7"},"b":"7","c":"{\"i"})"
            "\n");
}

TEST_F(AccessLogConfigs, ANamespaceIsNeeded) {
  EXPECT_NE(Line("log_format { text_format: '%DYNAMIC_METADATA()%' }").find("needs a namespace"),
            std::string::npos);
}

TEST_F(AccessLogConfigs, OmittedFieldsLeaveNoComma) {
  EXPECT_EQ(Line("log_format { omit_empty_values: true json_format {"
                 " fields { key: 'a' value { string_value: '%REQ(x)%' } }"
                 " fields { key: 'b' value { string_value: '%REQ(x)%' } } } }"),
            "{}\n");
}

TEST_F(AccessLogConfigs, StatusAndDurationFilters) {
  EXPECT_TRUE(Passes("status_code_filter { comparison { op: EQ value { default_value: 200 } } }"));
  EXPECT_FALSE(Passes("status_code_filter { comparison { op: GE value { default_value: 201 } } }"));
  EXPECT_TRUE(Passes("status_code_filter { comparison { op: LE value { default_value: 200 } } }"));
  EXPECT_TRUE(Passes("duration_filter { comparison { op: GE value { default_value: 42 } } }"));
  EXPECT_FALSE(Passes("duration_filter { comparison { op: GE value { default_value: 43 } } }"));
}

TEST_F(AccessLogConfigs, FlagTypeHeaderAndHealthFilters) {
  EXPECT_TRUE(Passes("not_health_check_filter {}"));
  EXPECT_FALSE(Passes("response_flag_filter {}"));
  EXPECT_FALSE(Passes("response_flag_filter { flags: 'UF' }"));
  sample_.info.flags.Set(ResponseFlag::kUpstreamConnectionFailure);
  EXPECT_TRUE(Passes("response_flag_filter {}"));
  EXPECT_TRUE(Passes("response_flag_filter { flags: 'RFCF' flags: 'UF' }"));
  EXPECT_FALSE(Passes("response_flag_filter { flags: 'UT' }"));
  EXPECT_TRUE(Passes("log_type_filter { types: DownstreamEnd }"));
  EXPECT_FALSE(Passes("log_type_filter { types: DownstreamEnd exclude: true }"));
  EXPECT_FALSE(Passes("log_type_filter { types: DownstreamStart }"));
  EXPECT_TRUE(Passes("header_filter { header { name: 'User-Agent' exact_match: 'curl' } }"));
  EXPECT_FALSE(Passes("header_filter { header { name: 'x-none' present_match: true } }"));
}

TEST_F(AccessLogConfigs, AndOr) {
  const std::string yes = "filters { not_health_check_filter {} } ";
  const std::string no = "filters { response_flag_filter {} } ";
  EXPECT_TRUE(Passes(absl::StrCat("and_filter { ", yes, yes, "}")));
  EXPECT_FALSE(Passes(absl::StrCat("and_filter { ", yes, no, "}")));
  EXPECT_TRUE(Passes(absl::StrCat("or_filter { ", no, yes, "}")));
  EXPECT_FALSE(Passes(absl::StrCat("or_filter { ", no, no, "}")));
}

TEST_F(AccessLogConfigs, SamplesByRequestId) {
  const std::string half =
      "runtime_filter { runtime_key: 'k' percent_sampled { numerator: 50 denominator: HUNDRED } }";
  sample_.request.Add("x-request-id", "000000ff-rest");  // 255 of a million
  EXPECT_TRUE(Passes(half));
  sample_.request.Set("x-request-id", "000f423f-rest");  // 999,999
  EXPECT_FALSE(Passes(half));
  EXPECT_FALSE(Passes("runtime_filter { runtime_key: 'k' }"));
  int passed = 0;
  for (sample_.info.stream_id = 0; sample_.info.stream_id < 1000; ++sample_.info.stream_id) {
    const AccessLogFilter filter{AccessLogFilter::Sample{Fraction{500'000}, true}};
    passed += filter.Matches(sample_.context()) ? 1 : 0;
  }
  EXPECT_GT(passed, 420);
  EXPECT_LT(passed, 580);
}

TEST_F(AccessLogConfigs, EveryErrorNamesItsField) {
  EXPECT_EQ(ParseFile("log_format { text_format: '%NOPE% %PROTOCL%' }",
                      "filter { and_filter { filters { traceable_filter {} } "
                      "filters { response_flag_filter { flags: 'XX' } } } }"),
            nullptr);
  EXPECT_EQ(
      errors_.ToString(),
      "access_log.filter.and_filter.filters[0].traceable_filter: there is no tracing to ask\n"
      "access_log.filter.and_filter.filters[1].response_flag_filter.flags[0]: unknown response "
      "flag \"XX\"\n"
      "access_log.typed_config.log_format.text_format: unknown command operator %NOPE%\n"
      "access_log.typed_config.log_format.text_format: unknown command operator %PROTOCL%; did "
      "you mean \"PROTOCOL\"?\n");
}

TEST_F(AccessLogConfigs, UnknownAndMissingLoggers) {
  EXPECT_EQ(Parse("name: 'envoy.access_loggers.file'"), nullptr);
  EXPECT_EQ(Parse("typed_config { [type.googleapis.com/envoy.config.accesslog.v3.AccessLog] {} }"),
            nullptr);
  EXPECT_EQ(errors_.size(), 2);
}

TEST_F(AccessLogConfigs, AFileThatCannotBeOpened) {
  EXPECT_EQ(Parse("typed_config { "
                  "[type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog] "
                  "{ path: '/refused' } }"),
            nullptr);
  EXPECT_EQ(errors_.ToString(), "access_log.typed_config.path: refused\n");
}

TEST_F(AccessLogConfigs, APathAloneMeansTheDefaultFormat) {
  const FieldScope scope(errors_, "access_log_path");
  const auto log = factory_.MakeDefault("/log", scope);
  ASSERT_NE(log, nullptr);
  log->Log(0, sample_.context(), scratch_);
  factory_.FlushAll([] {});
  world_.RunUntilIdle();
  const std::string by_path = files_["/log"];
  EXPECT_NE(by_path, "");
  EXPECT_EQ(Line(""), by_path);
  EXPECT_EQ(factory_.MakeDefault("/refused", scope), nullptr);
  EXPECT_EQ(errors_.ToString(), "access_log_path: refused\n");
}

TEST_F(AccessLogConfigs, LogsOfOnePathShareAFile) {
  auto first = ParseFile("format: 'a'");
  auto second = ParseFile("format: 'b'");
  first->Log(0, sample_.context(), scratch_);
  second->Log(0, sample_.context(), scratch_);
  first->Log(0, sample_.context(), scratch_);
  world_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(files_["/log"], "aba");
}

TEST_F(AccessLogConfigs, TheMainThreadLogsToo) {
  auto log = ParseFile("format: 'admin'");
  log->Log(world_.main().index, sample_.context(), scratch_);
  world_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(files_["/log"], "admin");
}

TEST_F(AccessLogConfigs, StreamsOfTheProcess) {
  auto log = Parse(
      "typed_config { "
      "[type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog] "
      "{ log_format { text_format: 'out' } } }");
  ASSERT_NE(log, nullptr) << errors_.ToString();
  log->Log(0, sample_.context(), scratch_);
  world_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(files_["/dev/stdout"], "out");
}

TEST_F(AccessLogConfigs, LoggingAllocatesNothing) {
  auto log = ParseFile(absl::StrCat("log_format { json_format ", kJson, " }"),
                       "filter { header_filter { header { name: ':path' prefix_match: '/' } } }");
  for (int i = 0; i < 2; ++i) {
    for (int line = 0; line < 100; ++line) log->Log(0, sample_.context(), scratch_);
    world_.Advance(std::chrono::seconds(1));
  }
  AllocCounter allocations;
  for (int line = 0; line < 100; ++line) log->Log(0, sample_.context(), scratch_);
  EXPECT_EQ(allocations.count(), 0);
  world_.Advance(std::chrono::seconds(1));
}

}  // namespace
}  // namespace sluice
