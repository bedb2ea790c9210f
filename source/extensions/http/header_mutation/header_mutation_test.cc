// The promises of the README, one test each.

#include <memory>
#include <string>

#include "envoy/extensions/filters/http/header_mutation/v3/header_mutation.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/header_mutation/header_mutation_config.h"
#include "source/stats/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::header_mutation::v3;

std::unique_ptr<const HttpFilterFactory> Parse(const std::string& mutations, std::string* error) {
  pb::HeaderMutation proto;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString("mutations {" + mutations + "}", &proto));
  ConfigErrors errors;
  StatsRegistry stats;
  auto factory = ParseHeaderMutation(proto, {stats, "http.test."}, FieldScope(errors));
  *error = errors.ToString();
  return factory;
}

std::unique_ptr<const HttpFilterFactory> Parse(const std::string& mutations) {
  std::string error;
  auto factory = Parse(mutations, &error);
  EXPECT_EQ(error, "");
  return factory;
}

TEST(HeaderMutation, EditsRequestsAndResponses) {
  FilterTester tester(Parse(R"(
    request_mutations { remove: "x-debug" }
    request_mutations { append { header { key: "X-Added" value: "1" } } }
    response_mutations { remove: "server" })"));
  tester.Request({{":method", "GET"}, {"x-debug", "yes"}, {"server", "kept"}});
  EXPECT_FALSE(tester.request().has_header("x-debug"));
  EXPECT_EQ(tester.request().header("x-added"), "1");
  EXPECT_EQ(tester.request().header("server"), "kept");
  tester.Response({{":status", "200"}, {"server", "nginx"}, {"x-debug", "kept"}});
  EXPECT_FALSE(tester.response().has_header("server"));
  EXPECT_EQ(tester.response().header("x-debug"), "kept");
  EXPECT_FALSE(tester.response().has_header("x-added"));
}

TEST(HeaderMutation, EachSeesWhatThoseBeforeItLeft) {
  FilterTester tester(Parse(R"(
    request_mutations { append { header { key: "a" value: "1" } } }
    request_mutations { append { header { key: "b" value: "%REQ(a)%" } } }
    request_mutations { remove: "a" }
    request_mutations { append { header { key: "a" value: "2" } } })"));
  tester.Request({{":method", "GET"}, {"a", "0"}});
  EXPECT_EQ(tester.request().header("a"), "2");
  EXPECT_EQ(tester.request().header("b"), "0");
}

TEST(HeaderMutation, ActionsAreEnvoys) {
  FilterTester tester(Parse(R"(
    response_mutations { append { header { key: "a" value: "2" } } }
    response_mutations { append {
      header { key: "b" value: "2" } append_action: ADD_IF_ABSENT } }
    response_mutations { append {
      header { key: "c" value: "2" } append_action: OVERWRITE_IF_EXISTS_OR_ADD } }
    response_mutations { append {
      header { key: "d" value: "2" } append_action: OVERWRITE_IF_EXISTS } })"));
  tester.Request({{":method", "GET"}});
  tester.Response({{":status", "200"}, {"a", "1"}, {"b", "1"}, {"c", "1"}});
  EXPECT_EQ(tester.response().header("a"), "1, 2");
  EXPECT_EQ(tester.response().header("b"), "1");
  EXPECT_EQ(tester.response().header("c"), "2");
  EXPECT_FALSE(tester.response().has_header("d"));
}

TEST(HeaderMutation, ValuesMayHoldOperators) {
  FilterTester tester(Parse(R"(
    response_mutations { append { header { key: "x-was" value: "%REQ(:path)% %PROTOCOL%" } } })"));
  tester.Request({{":method", "GET"}, {":path", "/here"}});
  tester.Response({{":status", "200"}});
  EXPECT_EQ(tester.response().header("x-was"), "/here HTTP/1.1");
}

TEST(HeaderMutation, RepliesOfLaterFiltersAreEdited) {
  class Refuses final : public HttpFilter {
    Verdict OnRequestHeaders(FilterContext& context, Headers&, End) override {
      context.reply() = {.status = 403};
      return Verdict::kReply;
    }
  };
  class RefusesFactory final : public HttpFilterFactory {
    Interest interests() const override { return Interest::kRequestHeaders; }
    ArenaPtr<HttpFilter> Create(Arena& arena) const override {
      return ArenaPtr<HttpFilter>(arena.New<Refuses>());
    }
  };
  FilterTester::Factories chain;
  chain.push_back(Parse(R"(response_mutations { append { header { key: "x" value: "1" } } })"));
  chain.push_back(std::make_unique<RefusesFactory>());
  FilterTester tester(std::move(chain));
  tester.Request({{":method", "GET"}});
  EXPECT_EQ(tester.status(), 403);
  EXPECT_EQ(tester.response().header("x"), "1");
}

TEST(HeaderMutation, BadMutationsAreAllReported) {
  std::string error;
  EXPECT_EQ(Parse(R"(
    request_mutations { remove: ":path" }
    request_mutations { append { header { key: "x" value: "%NO_SUCH_THING%" } } }
    response_mutations {})",
                  &error),
            nullptr);
  EXPECT_NE(error.find("mutations.request_mutations[0].remove"), std::string::npos) << error;
  EXPECT_NE(error.find("mutations.request_mutations[1].append.header.value"), std::string::npos);
  EXPECT_NE(error.find("mutations.response_mutations[0]"), std::string::npos) << error;
}

TEST(HeaderMutation, WithoutMutationsNothingIsAsked) {
  EXPECT_EQ(Parse("")->interests(), Interest::kNone);
}

}  // namespace
}  // namespace sluice
