// The promises of the README, one test each.

#include <zlib.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/http/compressor/v3/compressor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/compressor/compressor_config.h"
#include "source/sdk/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

constexpr char kGzip[] =
    "compressor_library { name: 'lib' typed_config { "
    "[type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip] {} } } "
    "response_direction_config { ";

std::unique_ptr<const HttpFilterFactory> Parse(const std::string& text,
                                               const ExtensionContext& context,
                                               std::string* error) {
  envoy::extensions::filters::http::compressor::v3::Compressor proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  ConfigErrors errors;
  auto factory = ParseCompressor(proto, context, FieldScope(errors));
  *error = errors.ToString();
  return factory;
}

// What can be read of a gzip file of which this has come; `ended`: it is whole.
std::string Unzip(const std::string& text, bool* ended) {
  z_stream zlib{};
  EXPECT_EQ(inflateInit2(&zlib, 15 + 16), Z_OK);
  std::string out(1'000'000, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  *ended = inflate(&zlib, Z_SYNC_FLUSH) == Z_STREAM_END;
  out.resize(out.size() - zlib.avail_out);
  inflateEnd(&zlib);
  return out;
}

class CompressorTest : public testing::Test {
 protected:
  // A request to a filter with these fields for responses.
  FilterTester& Ask(const FilterTester::HeaderList& more = {{"accept-encoding", "gzip"}},
                    const std::string& responses = "", const std::string& method = "GET") {
    tester_ = std::make_unique<FilterTester>([&](const ExtensionContext& context) {
      std::string error;
      auto factory = Parse(absl::StrCat(kGzip, responses, " }"), context, &error);
      EXPECT_EQ(error, "");
      return factory;
    });
    FilterTester::HeaderList head = {{":method", method}, {":path", "/"}};
    head.insert(head.end(), more.begin(), more.end());
    tester_->Request(head);
    return *tester_;
  }
  static FilterTester::HeaderList Html(const FilterTester::HeaderList& more = {}) {
    FilterTester::HeaderList head = {{":status", "200"}, {"content-type", "text/html"}};
    head.insert(head.end(), more.begin(), more.end());
    return head;
  }
  bool compressed() const { return tester_->response().header("content-encoding") == "gzip"; }
  int64_t Count(const std::string& name) {
    return tester_->world().stats().Value(
        absl::StrCat("http.test.compressor.lib.gzip.response.", name));
  }

  const std::string kBody = std::string(100, 'x');
  std::unique_ptr<FilterTester> tester_;
};

TEST_F(CompressorTest, ABodyIsCompressed) {
  FilterTester& tester = Ask();
  EXPECT_EQ(tester.request().header("accept-encoding"), "gzip");
  tester.Response(Html({{"content-length", "100"}}), kBody);
  EXPECT_TRUE(compressed());
  EXPECT_EQ(tester.response().header("vary"), "accept-encoding");
  EXPECT_FALSE(tester.response().has_header("content-length"));
  bool ended = false;
  EXPECT_EQ(Unzip(tester.response().body(), &ended), kBody);
  EXPECT_TRUE(ended);
  EXPECT_LT(tester.response().body().size(), kBody.size());
  EXPECT_EQ(Count("compressed"), 1);
  EXPECT_EQ(Count("header_compressor_used"), 1);
  EXPECT_EQ(Count("total_uncompressed_bytes"), 100);
  EXPECT_EQ(Count("total_compressed_bytes"), tester.response().body().size());
}

TEST_F(CompressorTest, EveryPieceCanBeReadWhenItHasCome) {
  FilterTester& tester = Ask();
  tester.ResponseHeaders(Html());
  std::string sent;
  bool ended = false;
  for (int i = 0; i < 5; ++i) {
    const std::string piece(i == 3 ? 200'000 : 3, static_cast<char>('a' + i));
    tester.ResponseData(piece);
    sent += piece;
    EXPECT_EQ(Unzip(tester.response().body(), &ended), sent);
    EXPECT_FALSE(ended);
  }
  tester.ResponseData("", End::kYes);
  EXPECT_EQ(Unzip(tester.response().body(), &ended), sent);
  EXPECT_TRUE(ended);
}

TEST_F(CompressorTest, TrailersEndTheFile) {
  FilterTester& tester = Ask();
  tester.ResponseHeaders(Html());
  tester.ResponseData("hi");
  tester.ResponseTrailers({{"x", "1"}});
  bool ended = false;
  EXPECT_EQ(Unzip(tester.response().body(), &ended), "hi");
  EXPECT_TRUE(ended);
  EXPECT_TRUE(tester.response().ended());
}

TEST_F(CompressorTest, WhoDoesNotTakeGzipDoesNotGetIt) {
  const auto vary = [this](const FilterTester::HeaderList& request) {
    Ask(request).Response(Html(), kBody);
    EXPECT_FALSE(compressed());
    EXPECT_EQ(tester_->response().body(), kBody);
    return tester_->response().header("vary");
  };
  EXPECT_EQ(vary({}), "accept-encoding");
  EXPECT_EQ(Count("no_accept_header"), 1);
  EXPECT_EQ(Count("not_compressed"), 1);
  EXPECT_EQ(vary({{"accept-encoding", "br"}}), "accept-encoding");
  EXPECT_EQ(Count("header_not_valid"), 1);
  EXPECT_EQ(vary({{"accept-encoding", "identity"}}), "accept-encoding");
  EXPECT_EQ(Count("header_identity"), 1);
}

TEST_F(CompressorTest, VaryIsSaidOnce) {
  Ask().Response(Html({{"vary", "origin, Accept-Encoding"}}), kBody);
  EXPECT_EQ(tester_->response().header("vary"), "origin, Accept-Encoding");
  EXPECT_TRUE(compressed());
}

TEST_F(CompressorTest, WhatIsNotToBeTouchedIsNot) {
  for (const FilterTester::HeaderList& more :
       {FilterTester::HeaderList{{"content-encoding", "br"}},
        FilterTester::HeaderList{{"cache-control", "max-age=1, No-Transform"}},
        FilterTester::HeaderList{{"content-range", "bytes 0-99/200"}},
        FilterTester::HeaderList{{"content-length", "29"}}}) {
    Ask().Response(Html(more), kBody);
    EXPECT_FALSE(compressed());
    EXPECT_FALSE(tester_->response().has_header("vary"));
    EXPECT_EQ(tester_->response().body(), kBody);
  }
  Ask().Response({{":status", "206"}, {"content-type", "text/html"}}, kBody);
  EXPECT_EQ(tester_->response().body(), kBody);
  Ask().Response({{":status", "304"}, {"content-type", "text/html"}});
  EXPECT_FALSE(compressed());
  Ask({{"accept-encoding", "gzip"}}, "", "HEAD").Response(Html({{"content-length", "100"}}));
  EXPECT_FALSE(compressed());
  EXPECT_EQ(tester_->response().header("content-length"), "100");
}

TEST_F(CompressorTest, TheLeastLengthIsIncluded) {
  Ask().Response(Html({{"content-length", "30"}}), std::string(30, 'x'));
  EXPECT_TRUE(compressed());
  Ask().Response(Html({{"content-length", "29"}}), std::string(29, 'x'));
  EXPECT_FALSE(compressed());
  EXPECT_EQ(Count("content_length_too_small"), 1);
  Ask({{"accept-encoding", "gzip"}}, "common_config { min_content_length { value: 5 } }")
      .Response(Html({{"content-length", "5"}}), "12345");
  EXPECT_TRUE(compressed());
}

TEST_F(CompressorTest, OnlyListedTypesAreCompressed) {
  const auto is_compressed = [this](const std::string& type, const std::string& responses) {
    Ask({{"accept-encoding", "gzip"}}, responses)
        .Response({{":status", "200"}, {"content-type", type}}, kBody);
    return compressed();
  };
  EXPECT_TRUE(is_compressed("Application/JSON; charset=utf-8", ""));
  EXPECT_FALSE(is_compressed("image/png", ""));
  EXPECT_FALSE(is_compressed(std::string(1000, 'x'), ""));
  const std::string only = "common_config { content_type: 'Text/X' }";
  EXPECT_TRUE(is_compressed("text/x", only));
  EXPECT_FALSE(is_compressed("text/html", only));
}

TEST_F(CompressorTest, AStrongEtagGoesAWeakOneStays) {
  Ask().Response(Html({{"etag", "\"abc\""}}), kBody);
  EXPECT_TRUE(compressed());
  EXPECT_FALSE(tester_->response().has_header("etag"));
  Ask().Response(Html({{"etag", "W/\"abc\""}}), kBody);
  EXPECT_EQ(tester_->response().header("etag"), "W/\"abc\"");
}

TEST_F(CompressorTest, AnEtagMayForbidIt) {
  Ask({{"accept-encoding", "gzip"}}, "disable_on_etag_header: true")
      .Response(Html({{"etag", "\"abc\""}}), kBody);
  EXPECT_FALSE(compressed());
  EXPECT_EQ(tester_->response().header("etag"), "\"abc\"");
  EXPECT_EQ(Count("not_compressed_etag"), 1);
}

TEST_F(CompressorTest, HostsNeedNotKnowWhatTheClientTakes) {
  FilterTester& tester = Ask({{"accept-encoding", "gzip"}}, "remove_accept_encoding_header: true");
  EXPECT_FALSE(tester.request().has_header("accept-encoding"));
  tester.Response(Html(), kBody);
  EXPECT_TRUE(compressed());
}

TEST_F(CompressorTest, SettingsAreChecked) {
  StatsRegistry stats;
  std::string error;
  EXPECT_EQ(Parse("", {stats, "http.test."}, &error), nullptr);
  EXPECT_NE(error.find("compressor_library"), std::string::npos) << error;
  EXPECT_EQ(Parse("compressor_library { name: 'l' typed_config { [type.googleapis.com/"
                  "envoy.extensions.compression.gzip.compressor.v3.Gzip] { "
                  "window_bits { value: 16 } memory_level { value: 10 } } } }",
                  {stats, "http.test."}, &error),
            nullptr);
  EXPECT_NE(error.find("typed_config.window_bits"), std::string::npos) << error;
  EXPECT_NE(error.find("typed_config.memory_level"), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice
