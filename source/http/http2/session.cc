#include "source/http/http2/session.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/http/http2/http2_codec.h"

namespace sluice {

// nghttp2's callbacks, in its types. Each is one call of the codec's; 0 is "go on".
struct Http2SessionCallbacks {
  static Http2Codec& Codec(void* user_data) { return *static_cast<Http2Codec*>(user_data); }
  static absl::string_view View(const uint8_t* bytes, size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
  }
  static int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* head, void* user_data) {
    Codec(user_data).OnBeginFrame(*head);
    return 0;
  }
  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Codec(user_data).OnBeginHeaders(*frame);
    return 0;
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user_data) {
    Codec(user_data).OnHeader(View(name, name_size), View(value, value_size));
    return 0;
  }
  static int OnDataChunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                         void* user_data) {
    Codec(user_data).OnDataChunk(id, bytes, size);
    return 0;
  }
  static int OnFrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Codec(user_data).OnFrameReceived(*frame);
    return 0;
  }
  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int error,
                            void* user_data) {
    Codec(user_data).OnInvalidFrame(*frame, error);
    return 0;
  }
  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Codec(user_data).OnFrameSent(*frame);
    return 0;
  }
  static int OnFrameNotSent(nghttp2_session*, const nghttp2_frame* frame, int, void* user_data) {
    Codec(user_data).OnFrameNotSent(*frame);
    return 0;
  }
  static int OnStreamClosed(nghttp2_session*, int32_t id, uint32_t code, void* user_data) {
    Codec(user_data).OnStreamClosed(id, code);
    return 0;
  }
  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_head, size_t,
                      nghttp2_data_source*, void* user_data) {
    Codec(user_data).AppendData(frame_head);
    return 0;
  }
  static ssize_t PullData(nghttp2_session*, int32_t, uint8_t*, size_t bytes_max, uint32_t* flags,
                          nghttp2_data_source* source, void* user_data) {
    return Codec(user_data).PullData(*static_cast<Http2Stream*>(source->ptr), bytes_max, flags);
  }

  Http2SessionCallbacks() {
    SLUICE_CHECK(nghttp2_session_callbacks_new(&all) == 0);
    nghttp2_session_callbacks_set_on_begin_frame_callback(all, OnBeginFrame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(all, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, OnDataChunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, OnFrameReceived);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, OnInvalidFrame);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, OnFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, OnFrameNotSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, OnStreamClosed);
    nghttp2_session_callbacks_set_send_data_callback(all, SendData);
  }
  ~Http2SessionCallbacks() { nghttp2_session_callbacks_del(all); }
  nghttp2_session_callbacks* all = nullptr;
};

namespace {

constexpr uint32_t kDefaultWindowBytes = 65535;  // RFC 9113 section 6.9.2
constexpr uint32_t kDefaultTableBytes = 4096;    // section 6.5.2
// What HPACK could make of the largest head that passes our limits; the rest is the sender's care.
constexpr size_t kHeaderBlockBytesMax = 1_MiB;
// To nghttp2 one stream too many is the end of the connection, so it is told of no limit: the codec
// counts, and refuses the stream.
constexpr uint32_t kUnlimitedStreams = INT32_MAX;
// Our own guards come first; what they do not see is nghttp2's to stop.
constexpr uint64_t kNever = 1'000'000'000;

struct SessionOption {
  SessionOption(const Http2Options& options) {
    SLUICE_CHECK(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    // FieldSection judges messages: once, and with our own details.
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_deflate_dynamic_table_size(option, options.hpack_table_bytes);
    nghttp2_option_set_max_send_header_block_length(option, kHeaderBlockBytesMax);
    nghttp2_option_set_max_outbound_ack(option, options.outbound_control_frames_max);
    // nghttp2 counts a frame again for every read that ends inside its head of nine bytes, so this
    // is for sections that nobody reads, of which FloodGuard sees nothing (test
    // Http2Cuts.Requests).
    nghttp2_option_set_max_continuations(option,
                                         (options.continuation_frames_per_head_max + 1) * 9);
    nghttp2_option_set_stream_reset_rate_limit(option, kNever, kNever);
  }
  ~SessionOption() { nghttp2_option_del(option); }
  nghttp2_option* option = nullptr;
};

class Settings {
 public:
  void Add(int32_t id, uint32_t value) { entries_[count_++] = {id, value}; }
  void Submit(nghttp2_session* session, const Http2Options& options) {
    SLUICE_CHECK(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries_, count_) == 0);
    SLUICE_CHECK(nghttp2_session_set_local_window_size(
                     session, NGHTTP2_FLAG_NONE, 0,
                     static_cast<int32_t>(options.connection_window_bytes)) == 0);
  }

 private:
  nghttp2_settings_entry entries_[8];
  size_t count_ = 0;
};

void AddCommonSettings(const CodecLimits& limits, const Http2Options& options, Settings& settings) {
  if (options.stream_window_bytes != kDefaultWindowBytes) {
    settings.Add(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window_bytes);
  }
  if (options.hpack_table_bytes != kDefaultTableBytes) {
    settings.Add(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options.hpack_table_bytes);
  }
  settings.Add(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
               static_cast<uint32_t>(limits.headers_bytes_max));
}

const nghttp2_session_callbacks* SharedCallbacks() {
  static const Http2SessionCallbacks callbacks;
  return callbacks.all;
}

}  // namespace

nghttp2_session* NewServerSession(Http2Codec& codec, const CodecLimits& limits,
                                  const Http2Options& options) {
  const SessionOption option(options);
  nghttp2_session* session = nullptr;
  SLUICE_CHECK(nghttp2_session_server_new3(&session, SharedCallbacks(), &codec, option.option,
                                           nullptr) == 0);
  Settings settings;
  settings.Add(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kUnlimitedStreams);
  AddCommonSettings(limits, options, settings);
  if (options.allow_connect) settings.Add(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1);
  // RFC 9218 section 2.1: the tree of RFC 7540 is not kept.
  settings.Add(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1);
  settings.Submit(session, options);
  return session;
}

std::string FirstServerFrame(nghttp2_session* session, const Http2Options& options) {
  const uint8_t* bytes = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session, &bytes);
  constexpr size_t kValueAt = 11;  // behind the frame's head and the first setting's number
  SLUICE_CHECK(size >= static_cast<ssize_t>(kValueAt + sizeof(uint32_t)));
  SLUICE_CHECK(bytes[3] == NGHTTP2_SETTINGS);
  SLUICE_CHECK(bytes[10] == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  std::string frame(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  for (size_t i = 0; i < sizeof(uint32_t); ++i) {
    frame[kValueAt + i] = static_cast<char>(options.concurrent_streams_max >> (24 - 8 * i));
  }
  return frame;
}

nghttp2_session* NewClientSession(Http2Codec& codec, const CodecLimits& limits,
                                  const Http2Options& options) {
  const SessionOption option(options);
  nghttp2_session* session = nullptr;
  SLUICE_CHECK(nghttp2_session_client_new3(&session, SharedCallbacks(), &codec, option.option,
                                           nullptr) == 0);
  Settings settings;
  settings.Add(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
  AddCommonSettings(limits, options, settings);
  settings.Submit(session, options);
  return session;
}

nghttp2_data_provider DataSourceOf(Http2Stream& stream) {
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = Http2SessionCallbacks::PullData;
  return provider;
}

void SpreadFairly(nghttp2_session* session, int32_t stream_id) {
  const nghttp2_extpri fair = {NGHTTP2_EXTPRI_DEFAULT_URGENCY, /*inc=*/1};
  nghttp2_session_change_extpri_stream_priority(session, stream_id, &fair,
                                                /*ignore_client_signal=*/1);
}

CodecError ErrorOfSession(int nghttp2_error) {
  switch (nghttp2_error) {
    case NGHTTP2_ERR_FLOODED:
      return CodecError::kHttp2OutboundControlFrames;
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return CodecError::kHttp2Continuations;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return CodecError::kHttp2Protocol;
    default:
      return CodecError::kHttp2Internal;
  }
}

CodecError ErrorOfGoaway(uint32_t code) {
  switch (code) {
    case NGHTTP2_FLOW_CONTROL_ERROR:
      return CodecError::kHttp2FlowControl;
    case NGHTTP2_STREAM_CLOSED:
      return CodecError::kHttp2StreamClosed;
    case NGHTTP2_FRAME_SIZE_ERROR:
      return CodecError::kHttp2FrameSize;
    case NGHTTP2_COMPRESSION_ERROR:
      return CodecError::kHttp2Compression;
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return CodecError::kHttp2SettingsFrames;
    case NGHTTP2_INTERNAL_ERROR:
      return CodecError::kHttp2Internal;
    default:
      return CodecError::kHttp2Protocol;
  }
}

}  // namespace sluice
