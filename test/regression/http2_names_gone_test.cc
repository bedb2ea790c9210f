// A head may be gone before its frame is written, as that of a tunnel's answer is. A known name
// that had come as text was read from where it had been: the client got another name, or the proxy
// died.
#include <string>

#include "test/http/http2/codec_fixture.h"

namespace sluice {
namespace {

class Http2NamesGone : public Http2CodecFixture {};

TEST_F(Http2NamesGone, BeforeTheFrameIsWritten) {
  StartServer();
  Receive(H2HeadersFrame(1, H2Get("/"), kH2EndStream));
  std::string known = "sec-websocket-protocol", unknown = "x-unknown", value = "mqtt";
  {
    Arena arena;
    Headers head(arena);
    head.Add(HeaderId::kStatus, "200");
    head.AddReference(known, FindHeaderId(known), value);
    head.AddReference(unknown, HeaderId::kUnknown, value);
    stream(0).stream_->SendHeaders(head, End::kYes);
  }
  for (std::string* text : {&known, &unknown, &value}) text->assign(text->size(), '?');
  EXPECT_EQ(Sent(),
            "HEADERS 1 END_STREAM :status=200 sec-websocket-protocol=mqtt x-unknown=mqtt\n");
}

}  // namespace
}  // namespace sluice
