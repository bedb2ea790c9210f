// Whole, byte by byte, and cut at every byte, on both roles: the same events, the same frames.
#include "absl/strings/str_join.h"
#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

struct Told {
  std::string events;
  std::string sent;
};

using Reads = std::vector<absl::string_view>;

// Every request is answered, and malformed ones end their stream.
Told RunServer(const Reads& reads) {
  Http2Rig rig;
  rig.options_.malformed_ends_stream = true;
  rig.MakeServer();
  rig.Wire();
  for (const absl::string_view read : reads) rig.Receive(read);
  for (H2TestStream& stream : rig.streams_) {
    if (stream.ended_ && !stream.over_ && stream.pulls_ == 0) stream.Answer("200", "ok");
  }
  const std::string sent = rig.Sent();
  return {rig.TakeEvents(), sent};
}

Told RunClient(const Reads& reads) {
  Http2Rig rig;
  rig.options_.malformed_ends_stream = true;
  rig.MakeClient();
  for (int i = 0; i < 4; ++i) rig.Start();
  rig.Wire();
  for (const absl::string_view read : reads) rig.Receive(read);
  const std::string sent = rig.Sent();
  return {rig.TakeEvents(), sent};
}

template <class Run>
void ExpectTheSameHoweverCut(absl::string_view wire, absl::string_view events, Run run) {
  const Told whole = run({wire});
  EXPECT_EQ(whole.events, events);
  Reads bytes;
  for (size_t i = 0; i < wire.size(); ++i) bytes.push_back(wire.substr(i, 1));
  EXPECT_EQ(run(bytes).events, whole.events) << "byte by byte";
  EXPECT_EQ(run(bytes).sent, whole.sent) << "byte by byte";
  for (size_t cut = 1; cut < wire.size() && !testing::Test::HasFailure(); ++cut) {
    const Told told = run({wire.substr(0, cut), wire.substr(cut)});
    EXPECT_EQ(told.events, whole.events) << "cut at " << cut;
    EXPECT_EQ(told.sent, whole.sent) << "cut at " << cut;
  }
}

TEST(Http2Cuts, Requests) {
  const std::string block = HpackLiterals(H2Get("/c", {{"x", "y"}}));
  const std::string wire = absl::StrCat(
      kH2Preface, H2SettingsFrame({{3, 100}, {4, 70000}}),
      H2HeadersFrame(1, H2Get("/a"), kH2EndStream), H2WindowUpdateFrame(0, 1000),
      H2HeadersFrame(3, H2Get("/b")), H2DataFrame(3, "one"),
      H2FrameBytes(H2Type::kHeaders, kH2EndStream, 5, block.substr(0, 7)),
      H2FrameBytes(H2Type::kContinuation, 0, 5, block.substr(7, 20)),
      H2FrameBytes(H2Type::kContinuation, kH2EndHeaders, 5, block.substr(27)),
      H2FrameBytes(H2Type::kData, kH2Padded, 3, absl::StrCat("\x03", "two", std::string(3, 0))),
      H2FrameBytes(H2Type::kPriority, 0, 7, H2Uint32(1) + "\x10"),
      H2HeadersFrame(7, {{":method", "GET"}}, kH2EndStream),
      H2FrameBytes(static_cast<H2Type>(0x20), 0, 3, "extension"),
      H2HeadersFrame(3, {{"trailer-field", "z"}}, kH2EndStream), H2SettingsAck());
  ExpectTheSameHoweverCut(wire,
                          "0 head :method=GET :scheme=http :authority=test :path=/a\n"
                          "0 end\n"
                          "1 head :method=GET :scheme=http :authority=test :path=/b\n"
                          "2 head :method=GET :scheme=http :authority=test :path=/c x=y\n"
                          "2 end\n"
                          "bad request: http2.violation.of.messaging.rule\n"
                          "1 trailers trailer-field=z\n"
                          "1 body \"onetwo\"\n"
                          "1 end\n"
                          "0 complete\n"
                          "1 complete\n"
                          "2 complete\n",
                          RunServer);
}

TEST(Http2Cuts, AnErrorIsFoundInTheSamePlace) {
  for (const std::string& bad :
       {H2PingFrame("1234567"), H2DataFrame(9, "x"), H2WindowUpdateFrame(0, 0),
        H2FrameBytes(H2Type::kHeaders, kH2EndHeaders, 3, "\xff\xff\xff\xff\xff\xff")}) {
    const std::string wire =
        absl::StrCat(kH2Preface, H2SettingsFrame(), H2HeadersFrame(1, H2Get("/")), bad);
    const Told whole = RunServer({wire});
    for (size_t cut = 1; cut < wire.size(); ++cut) {
      const absl::string_view view = wire;
      const Told told = RunServer({view.substr(0, cut), view.substr(cut)});
      EXPECT_EQ(told.events, whole.events) << absl::CHexEscape(bad) << " cut at " << cut;
      EXPECT_EQ(told.sent, whole.sent) << absl::CHexEscape(bad) << " cut at " << cut;
    }
  }
}

TEST(Http2Cuts, Responses) {
  const std::string wire = absl::StrCat(
      H2SettingsFrame({{3, 100}}), H2HeadersFrame(1, {{":status", "103"}, {"link", "x"}}),
      H2SettingsAck(), H2HeadersFrame(3, {{":status", "200"}, {"content-length", "5"}}),
      H2DataFrame(3, "he"), H2HeadersFrame(1, {{":status", "204"}}, kH2EndStream),
      H2DataFrame(3, "llo", kH2EndStream), H2RstStreamFrame(5, 7),
      H2HeadersFrame(7, {{":status", "200"}}), H2DataFrame(7, "x"),
      H2HeadersFrame(7, {{"grpc-status", "0"}}, kH2EndStream));
  ExpectTheSameHoweverCut(wire,
                          "0 informational :status=103 link=x\n"
                          "1 head :status=200 content-length=5\n"
                          "0 head :status=204\n"
                          "0 end\n"
                          "0 complete\n"
                          "1 body \"hello\"\n"
                          "1 end\n"
                          "1 complete\n"
                          "2 reset refused REFUSED_STREAM\n"
                          "3 head :status=200\n"
                          "3 trailers grpc-status=0\n"
                          "3 body \"x\"\n"
                          "3 end\n"
                          "3 complete\n",
                          RunClient);
}

}  // namespace
}  // namespace sluice
