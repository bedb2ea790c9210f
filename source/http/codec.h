// Codec: bytes of one connection to messages of its streams, and back. No sockets, no timers, no
// routes: what comes in is pushed by Parse, what goes out is pulled by Fill. HTTP/1 and HTTP/2,
// each in the server's and the client's role.
//
// One per connection, on its worker, owned by the ConnectionManager or ClientConnection. Calls its
// events from inside Parse and Fill only. Events may call CodecStream methods of any stream of this
// codec.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/base/units.h"
#include "source/http/headers.h"

namespace sluice {

enum class HttpProtocol : uint8_t { kHttp10, kHttp11, kHttp2, kNone };  // kNone: not HTTP
absl::string_view HttpProtocolText(HttpProtocol protocol);              // "HTTP/1.1"

// Why a message, or a connection, could not be parsed. Details (CodecErrorDetail) are Envoy's where
// Envoy has one: "http1.codec_error", "http1.invalid_characters".
enum class CodecError : uint8_t {
  kNone = 0,
  kBadStartLine,
  kBadMethod,
  kBadTarget,
  kBadVersion,
  kUnsupportedVersion,
  kBadHeaderName,
  kBadHeaderValue,
  kObsoleteFold,
  kBareCrOrLf,
  kBadContentLength,
  kConflictingFraming,
  kBadTransferEncoding,
  kBadHost,
  kBadChunk,
  kBadTrailer,
  kHeadersTooLarge,
  kTooManyHeaders,
  kTargetTooLong,
  kUnexpectedEnd,      // the connection ended inside a message
  kUnexpectedMessage,  // bytes of a response that nobody asked for
  kBadStatus,
  kBodyDisallowed,  // of a request to leave HTTP
  // HTTP/2. Of one message; the stream, or the connection, ends with it.
  kHttp2InvalidHeader,
  kHttp2Messaging,
  kHttp2TooManyHeaders,  // by size or by number
  kHttp2TargetTooLong,
  // Of the connection, by the code that its GOAWAY carries.
  kHttp2Protocol,
  kHttp2FlowControl,
  kHttp2StreamClosed,
  kHttp2FrameSize,
  kHttp2Compression,
  kHttp2Internal,
  // A limit on what costs the peer nothing: GOAWAY ENHANCE_YOUR_CALM.
  kHttp2EmptyFrames,
  kHttp2PriorityFrames,
  kHttp2WindowUpdates,
  kHttp2SettingsFrames,
  kHttp2EarlyResets,
  kHttp2Continuations,
  kHttp2OutboundFrames,
  kHttp2OutboundControlFrames,
  kCount
};
absl::string_view CodecErrorDetail(CodecError error);

enum class StreamReset : uint8_t {
  kPeer,           // the peer reset the stream
  kRefused,        // the peer has not looked at the request: it may be sent again elsewhere
                   // (RFC 9113 section 8.7)
  kConnection,     // the connection ended before the message did
  kProtocolError,  // the peer's message was malformed: see the codec's error
  kLocal,          // this side's message does not fit what its head has announced
};

// What is known of the peer's settings.
enum class PeerSetting : uint8_t { kUnknown, kNo, kYes };

// HTTP/2 error codes (RFC 9113 section 7). HTTP/1 sends none; of a reset that it reports kNoError
// is given.
enum class ResetCode : uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kFlowControlError = 3,
  kSettingsTimeout = 4,
  kStreamClosed = 5,
  kFrameSizeError = 6,
  kRefusedStream = 7,
  kCancel = 8,
  kCompressionError = 9,
  kConnectError = 10,
  kEnhanceYourCalm = 11,
  kInadequateSecurity = 12,
  kHttp11Required = 13,
};

// What a pull of body bytes came to.
enum class BodyState : uint8_t {
  kMore,      // more will come: BodyReady tells when; or `bytes_max` was reached
  kEnd,       // that was the last of the message
  kTrailers,  // the body is complete, trailers() follow and end the message
};

enum class HeadersKind : uint8_t { kHead, kInformational, kTrailers };

// One stream as its user sees it from the codec: the receiver of the incoming message and the
// source of the outgoing body. Server role: proxy/stream. Client role: proxy/attempt, probes.
class StreamEvents {
 public:
  // Where to put a header section that is about to be reported; lives as long as the stream.
  virtual Headers& BeginHeaders(HeadersKind kind) = 0;
  virtual void OnHeaders(Headers& headers, End end) = 0;
  virtual void OnInformational(Headers& headers) = 0;  // client role: 1xx but 101
  // Client role, of a stream that has sent no head yet: extended_connect() is known now.
  virtual void OnPeerSettings() {}
  // Takes all of `data`.
  virtual void OnData(Buffer& data, End end) = 0;
  virtual void OnTrailers(Headers& trailers) = 0;
  // The stream is over before both messages were; nothing is called after. `code` is the peer's,
  // where it gave one.
  virtual void OnReset(StreamReset reset, ResetCode code) = 0;
  // Both messages are complete, in and out; nothing is called after. HTTP/1: also when the response
  // is complete and the request is not: no one needs its rest, and the connection must close.
  virtual void OnComplete() = 0;

  // Moves at most `bytes_max` body bytes to `out`. Called only after BodyReady, and again while it
  // gives bytes.
  virtual BodyState FillBody(Buffer& out, size_t bytes_max) = 0;
  virtual Headers& OutgoingTrailers() = 0;  // after kTrailers

 protected:
  ~StreamEvents() = default;
};

// A stream may leave HTTP: a request that asks for it (FindUpgrade) and is answered by 101, or by
// 2xx to CONNECT. Its head is reported with End::kNo, the request's as the response's, and from the
// answer on the bytes of both sides are the tunnel's: OnData and FillBody carry them as they are,
// and each direction ends by itself. HTTP/1 holds back what a client sends before the answer, and
// closes the connection where that was to be a tunnel's and there is none.
//
// One stream as its user commands it. Lives until OnReset, OnComplete or Reset. Whoever calls
// SendHeaders, SendInformational or BodyReady then asks the connection to pull
// (Connection::WantWrite). PauseReading and ResumeReading reach the connection: HTTP/1 passes them
// on, so that after ResumeReading the connection offers what Parse had left.
class CodecStream : public FlowSource {
 public:
  // Queues a head: request or final response. kYes: no body follows. The headers need not outlive
  // the call.
  virtual void SendHeaders(const Headers& headers, End end) = 0;
  virtual void SendInformational(const Headers& headers) = 0;  // server role: 100, 103 ...
  // The body source has something (or its end): the codec will pull.
  virtual void BodyReady() = 0;
  // Ends the stream at once in both directions. HTTP/1: the connection is of no more use. HTTP/2:
  // RST_STREAM with `code`.
  virtual void Reset(ResetCode code) = 0;

 protected:
  ~CodecStream() = default;
};

// Server role: who is told of streams that the peer opens.
class ServerEvents {
 public:
  // A request head has been read whole; its receiver. BeginHeaders and OnHeaders follow at once.
  virtual StreamEvents& OnNewStream(CodecStream& stream) = 0;
  // HTTP/2: a request is refused, and the connection goes on. `stream` takes the response that says
  // so (its BodyReady and SendHeaders may be called in this call), and the receiver is told how it
  // ends; null: it has been reset, and is only to be logged. Null is returned where nobody answers:
  // the codec then resets the stream.
  virtual StreamEvents* OnBadRequest(CodecStream* stream, CodecError error) { return nullptr; }

 protected:
  ~ServerEvents() = default;
};

class Codec {
 public:
  virtual ~Codec() = default;

  // Takes from the front of `in` what it can use now; leaves the rest (a partial head, a pipelined
  // request behind an unanswered one, anything while reading is paused). Bounded by the limits.
  // Who calls again: the connection, with the next bytes; after a pause it is the codec that makes
  // it do so, by ResumeReading on the connection it was made with. HTTP/1 pauses the connection by
  // itself while a pipelined request waits behind an open exchange, so owners have nothing to
  // remember. An error is final for the connection: an open stream gets OnReset(kProtocolError)
  // (kConnection for kUnexpectedEnd), no other starts; error() stays set and later bytes are
  // dropped.
  virtual CodecError Parse(Buffer& in, End end) = 0;
  // Appends what is ready to go out, `bytes_max` as a guide; nothing: nothing is ready.
  virtual void Fill(Buffer& out, size_t bytes_max) = 0;
  // Something is ready for Fill, or a stream's source says so.
  virtual bool wants_fill() const = 0;

  virtual HttpProtocol protocol() const = 0;
  // A message head has begun and is not complete: what slow-request timers watch.
  virtual bool inside_head() const = 0;
  virtual size_t open_streams() const = 0;
  // Client role: how many more streams may start now; 0 when the connection is not reusable.
  virtual size_t available_streams() const = 0;
  // When open_streams() is 0 and the output is written, the connection is to be closed.
  virtual bool must_close() const = 0;
  // With must_close(): the peer has said that it sends nothing more ("connection: close"), and all
  // that it sent has been read, so that nobody need wait for its FIN.
  virtual bool peer_is_done() const { return false; }
  // A stream was reset inside a message that only the connection's end ends: a FIN would make it
  // look complete.
  virtual bool must_abort() const { return false; }
  // HTTP/1: the connection is a tunnel, so that its ends close each by itself; and ours has, so
  // that the connection's write side is to be closed when all is written.
  virtual bool in_tunnel() const { return false; }
  virtual bool tunnel_out_ended() const { return false; }
  // Graceful end: no new stream after those that are open. HTTP/1 server: the next response says
  // "connection: close". HTTP/2 server: GOAWAY that names no stream yet, so that what is on its way
  // is still served (RFC 9113 section 6.8); FinishDrain, some time later, sends the one that does.
  virtual void StartDrain() = 0;
  virtual void FinishDrain() {}
  // The connection has ended, whatever the reason: every open stream gets OnReset(kConnection).
  virtual void OnConnectionLost() = 0;
  virtual CodecError error() const = 0;
  // Inside OnReset(kProtocolError): what was wrong with the message, where that does not end the
  // connection (HTTP/2).
  virtual CodecError message_error() const { return error(); }
  // Server role, after Parse returned an error: a stream whose request is over, for the one
  // response that says so ("connection: close" is added). Null where nothing can be said any more:
  // a response has begun, the peer is gone, or the protocol has its own way (GOAWAY).
  virtual CodecStream* StartErrorReply(StreamEvents& events) { return nullptr; }

  // Whether the peer still answers (HTTP/2 PING, RFC 9113 section 6.7): sends one; unanswered_pings
  // counts those that got no answer yet. HTTP/1 has no such thing and sends nothing.
  virtual void SendPing() {}
  virtual uint32_t unanswered_pings() const { return 0; }
};

// A codec in the client's role.
class ClientCodec : public Codec {
 public:
  // Whether the peer takes extended CONNECT (RFC 8441); HTTP/2: kUnknown until its SETTINGS have
  // come.
  virtual PeerSetting extended_connect() const { return PeerSetting::kNo; }
  // available_streams() > 0. Followed by SendHeaders.
  virtual CodecStream& StartStream(StreamEvents& events) = 0;
};

}  // namespace sluice
