// The promises of the README, one test each.

#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/extensions/http/grpc_web/grpc_web_filter.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

FilterTester::HeaderList Call(const std::string& type, const std::string& accept = "") {
  FilterTester::HeaderList head = {{":method", "POST"}, {":path", "/s/m"}, {"content-type", type}};
  if (!accept.empty()) head.push_back({"accept", accept});
  return head;
}
const FilterTester::HeaderList kAnswer = {{":status", "200"}, {"content-type", "application/grpc"}};

// A frame of a message, or of trailers.
std::string Frame(char flag, const std::string& content) {
  return absl::StrCat(std::string(1, flag), std::string(3, '\0'),
                      std::string(1, static_cast<char>(content.size())), content);
}
const std::string kMessage = Frame('\0', "question");
const std::string kStatus = Frame('\x80', "grpc-status: 0\r\ngrpc-message: fine\r\n");

class GrpcWeb : public testing::Test {
 protected:
  void Answer() {
    tester_.ResponseHeaders(kAnswer);
    tester_.ResponseData(kMessage);
    tester_.ResponseTrailers({{"grpc-status", "0"}, {"grpc-message", "fine"}});
  }
  FilterTester tester_{std::make_unique<GrpcWebFactory>()};
};

TEST_F(GrpcWeb, ABinaryCallGoesOnAsGrpc) {
  FilterTester::HeaderList head = Call("application/grpc-web");
  head.push_back({"content-length", absl::StrCat(kMessage.size())});
  tester_.Request(head, kMessage);
  EXPECT_EQ(tester_.request().header("content-type"), "application/grpc");
  EXPECT_EQ(tester_.request().header("te"), "trailers");
  EXPECT_FALSE(tester_.request().has_header("content-length"));
  EXPECT_EQ(tester_.request().body(), kMessage);
}

TEST_F(GrpcWeb, TheCodingIsKept) {
  tester_.Request(Call("Application/gRPC-Web+json; charset=utf-8"), kMessage);
  EXPECT_EQ(tester_.request().header("content-type"), "application/grpc+json");
  tester_.Response({{":status", "200"}, {"content-type", "application/grpc+json"}}, kMessage);
  EXPECT_EQ(tester_.response().header("content-type"), "application/grpc-web+json");
}

TEST_F(GrpcWeb, TrailersAreTheLastFrameOfTheBody) {
  tester_.Request(Call("application/grpc-web+proto"), kMessage);
  EXPECT_EQ(tester_.request().header("content-type"), "application/grpc+proto");
  Answer();
  EXPECT_EQ(tester_.response().header("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(tester_.response().body(), kMessage + kStatus);
  EXPECT_TRUE(tester_.response().ended());
  EXPECT_EQ(tester_.response().pieces().back().substr(0, 4), "data");
}

TEST_F(GrpcWeb, ATextCallIsTakenOutOfItsBase64HoweverItIsCut) {
  const std::string text = absl::Base64Escape(kMessage);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    FilterTester tester(std::make_unique<GrpcWebFactory>());
    tester.RequestHeaders(Call("application/grpc-web-text"));
    tester.RequestData(text.substr(0, cut));
    tester.RequestData(text.substr(cut), End::kYes);
    EXPECT_EQ(tester.request().header("content-type"), "application/grpc");
    EXPECT_EQ(tester.request().body(), kMessage) << cut;
    EXPECT_TRUE(tester.request().ended());
  }
}

TEST_F(GrpcWeb, AnAnswerInTextIsPaddedPieceByPiece) {
  tester_.Request(Call("application/grpc-web-text+proto"), absl::Base64Escape(kMessage));
  Answer();
  EXPECT_EQ(tester_.response().header("content-type"), "application/grpc-web-text+proto");
  EXPECT_EQ(tester_.response().body(), absl::Base64Escape(kMessage) + absl::Base64Escape(kStatus));
}

TEST_F(GrpcWeb, AcceptSaysTheFormOfTheAnswer) {
  const auto type = [](const std::string& asked, const std::string& accept) {
    FilterTester tester(std::make_unique<GrpcWebFactory>());
    tester.Request(Call(asked, accept));
    tester.Response(kAnswer);
    return tester.response().header("content-type");
  };
  EXPECT_EQ(type("application/grpc-web", "application/grpc-web-text"),
            "application/grpc-web-text+proto");
  EXPECT_EQ(type("application/grpc-web-text", "text/html, application/grpc-web+proto"),
            "application/grpc-web+proto");
  EXPECT_EQ(type("application/grpc-web-text", "*/*"), "application/grpc-web-text+proto");
}

TEST_F(GrpcWeb, AnAnswerOfTrailersOnlyHasItsStatusInTheHead) {
  tester_.Request(Call("application/grpc-web"), kMessage);
  tester_.Response(
      {{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "5"}});
  EXPECT_EQ(tester_.response().header("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(tester_.response().header("grpc-status"), "5");
  EXPECT_EQ(tester_.response().body(), "");
  EXPECT_TRUE(tester_.response().ended());
}

TEST_F(GrpcWeb, AnAnswerThatIsNotGrpcIsNotTouched) {
  tester_.Request(Call("application/grpc-web-text"), absl::Base64Escape(kMessage));
  tester_.ResponseHeaders(
      {{":status", "502"}, {"content-type", "text/html"}, {"content-length", "3"}});
  tester_.ResponseData("bad");
  tester_.ResponseTrailers({{"x", "1"}});
  EXPECT_EQ(tester_.response().header("content-type"), "text/html");
  EXPECT_EQ(tester_.response().header("content-length"), "3");
  EXPECT_EQ(tester_.response().body(), "bad");
  EXPECT_EQ(tester_.response().trailer("x"), "1");
}

TEST_F(GrpcWeb, OtherRequestsAreNotTouched) {
  for (const char* const type :
       {"application/grpc", "application/grpc+proto", "application/grpc-webx",
        "application/grpc-web-textual", "text/x"}) {
    FilterTester tester(std::make_unique<GrpcWebFactory>());
    tester.Request(Call(type), "YQ==");
    EXPECT_EQ(tester.request().header("content-type"), type);
    EXPECT_FALSE(tester.request().has_header("te"));
    EXPECT_EQ(tester.request().body(), "YQ==");
    tester.ResponseHeaders(kAnswer);
    tester.ResponseTrailers({{"grpc-status", "0"}});
    EXPECT_EQ(tester.response().header("content-type"), "application/grpc");
    EXPECT_EQ(tester.response().trailer("grpc-status"), "0");
  }
}

TEST_F(GrpcWeb, WhatIsNoBase64Is400) {
  tester_.RequestHeaders(Call("application/grpc-web-text"));
  tester_.RequestData("YWJj");
  EXPECT_EQ(tester_.request().body(), "abc");
  tester_.RequestData("Y*Jj");
  EXPECT_EQ(tester_.status(), 400);
  EXPECT_EQ(tester_.reply().details, "grpc_base_64_decode_failed");
  EXPECT_FALSE(tester_.request().ended());
}

TEST_F(GrpcWeb, AnEndWithinAQuartetIs400) {
  for (const bool has_trailers : {false, true}) {
    FilterTester tester(std::make_unique<GrpcWebFactory>());
    tester.RequestHeaders(Call("application/grpc-web-text"));
    tester.RequestData("YWJjY", has_trailers ? End::kNo : End::kYes);
    if (has_trailers) tester.RequestTrailers({{"x", "1"}});
    EXPECT_EQ(tester.status(), 400);
    EXPECT_EQ(tester.reply().details, "grpc_base_64_decode_failed_bad_size");
  }
}

}  // namespace
}  // namespace sluice
