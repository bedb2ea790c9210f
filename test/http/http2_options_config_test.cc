#include "source/http/http2_options_config.h"

#include <gtest/gtest.h>

#include "envoy/config/core/v3/protocol.pb.h"
#include "google/protobuf/text_format.h"
#include "source/config/config_errors.h"

namespace sluice {
namespace {

Http2Options Parse(const std::string& text, std::string* errors,
                   MalformedEnds otherwise = MalformedEnds::kConnection) {
  envoy::config::core::v3::Http2ProtocolOptions proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  ConfigErrors found;
  const Http2Options options = ParseHttp2Options(proto, FieldScope(found, "h2"), otherwise);
  *errors = found.ToString();
  return options;
}

Http2Options Good(const std::string& text, MalformedEnds otherwise = MalformedEnds::kConnection) {
  std::string errors;
  const Http2Options options = Parse(text, &errors, otherwise);
  EXPECT_EQ(errors, "");
  return options;
}

TEST(Http2OptionsConfig, DefaultsAreEnvoys) {
  const Http2Options options = Good("");
  EXPECT_EQ(options.concurrent_streams_max, 1024u);
  EXPECT_EQ(options.stream_window_bytes, 16u * 1024 * 1024);
  EXPECT_EQ(options.connection_window_bytes, 24u * 1024 * 1024);
  EXPECT_EQ(options.hpack_table_bytes, 4096u);
  EXPECT_EQ(options.outbound_frames_max, 10000u);
  EXPECT_EQ(options.outbound_control_frames_max, 1000u);
  EXPECT_EQ(options.consecutive_empty_frames_max, 1u);
  EXPECT_EQ(options.priority_frames_per_stream_max, 100u);
  EXPECT_EQ(options.window_updates_per_data_frame_max, 10u);
  EXPECT_FALSE(options.malformed_ends_stream);
  EXPECT_EQ(options.ping_interval_ms, 0u);
}

TEST(Http2OptionsConfig, EveryFieldTakesEffect) {
  const Http2Options options = Good(R"(
    hpack_table_size { value: 1 } max_concurrent_streams { value: 2 }
    initial_stream_window_size { value: 65535 } initial_connection_window_size { value: 65536 }
    max_outbound_frames { value: 5 } max_outbound_control_frames { value: 6 }
    max_consecutive_inbound_frames_with_empty_payload { value: 7 }
    max_inbound_priority_frames_per_stream { value: 8 }
    max_inbound_window_update_frames_per_data_frame_sent { value: 9 }
    override_stream_error_on_invalid_http_message { value: true }
    connection_keepalive {
      interval { seconds: 30 } timeout { nanos: 5000000 } interval_jitter { value: 20 }
      connection_idle_interval { seconds: 1 }
    })");
  EXPECT_EQ(options.hpack_table_bytes, 1u);
  EXPECT_EQ(options.concurrent_streams_max, 2u);
  EXPECT_EQ(options.stream_window_bytes, 65535u);
  EXPECT_EQ(options.connection_window_bytes, 65536u);
  EXPECT_EQ(options.outbound_frames_max, 5u);
  EXPECT_EQ(options.outbound_control_frames_max, 6u);
  EXPECT_EQ(options.consecutive_empty_frames_max, 7u);
  EXPECT_EQ(options.priority_frames_per_stream_max, 8u);
  EXPECT_EQ(options.window_updates_per_data_frame_max, 9u);
  EXPECT_TRUE(options.malformed_ends_stream);
  EXPECT_EQ(options.ping_interval_ms, 30000u);
  EXPECT_EQ(options.ping_timeout_ms, 5u);
  EXPECT_EQ(options.ping_jitter_percent, 20u);
  EXPECT_EQ(options.ping_idle_interval_ms, 1000u);
}

TEST(Http2OptionsConfig, WhatAMalformedMessageEnds) {
  EXPECT_TRUE(Good("stream_error_on_invalid_http_messaging: true").malformed_ends_stream);
  EXPECT_TRUE(Good("", MalformedEnds::kStream).malformed_ends_stream);
  EXPECT_FALSE(
      Good("override_stream_error_on_invalid_http_message { value: false }", MalformedEnds::kStream)
          .malformed_ends_stream);
}

TEST(Http2OptionsConfig, ValuesOutOfRangeAreRefusedByName) {
  const std::pair<const char*, const char*> kBad[] = {
      {"max_concurrent_streams {}", "h2.max_concurrent_streams"},
      {"initial_stream_window_size { value: 65534 }", "h2.initial_stream_window_size"},
      {"initial_connection_window_size { value: 2147483648 }", "h2.initial_connection_window_size"},
      {"max_outbound_frames {}", "h2.max_outbound_frames"},
      {"max_outbound_control_frames {}", "h2.max_outbound_control_frames"},
      {"max_inbound_window_update_frames_per_data_frame_sent {}",
       "h2.max_inbound_window_update_frames_per_data_frame_sent"},
      {"connection_keepalive { interval { seconds: 1 } }", "h2.connection_keepalive.timeout"},
      {"connection_keepalive { timeout { nanos: 1 } }", "h2.connection_keepalive.timeout"},
  };
  for (const auto& [text, part] : kBad) {
    std::string errors;
    Parse(text, &errors);
    EXPECT_NE(errors.find(part), std::string::npos) << text << ": " << errors;
  }
}

}  // namespace
}  // namespace sluice
