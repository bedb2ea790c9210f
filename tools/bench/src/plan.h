// What one run of the load generator is asked to do: its command line, and the bytes it sends,
// built once from it. Const after MakePlan; every thread reads it.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <vector>

enum class Mode { kHttp, kWebSocket, kIdle };

struct Plan {
  Mode mode = Mode::kHttp;
  int port = 0;
  int connections = 64;
  int threads = 1;
  int source_addresses = 32;
  bool tls = false;
  bool resume = false;
  bool one_request_per_connection = false;  // of WebSocket: no message, only the handshake
  bool websocket = false;
  bool http2 = false;  // idle mode and WebSocket only; h2load does the rest
  double rate = 0;     // requests/s of the open loop; 0: closed loop
  double warm_seconds = 0.4;
  double seconds = 1.2;
  uint64_t count = 0;     // stop after so many operations instead of by time; 0: by time
  size_t body_bytes = 0;  // expected of every response, or sent in every WebSocket message
  std::vector<int> proxy_pids, origin_pids;

  SSL_CTX* context = nullptr;
  std::vector<std::string> requests;  // picked at random when there are several
  // Preface and SETTINGS; HEADERS, of stream 0 or of WebSocket's stream 1.
  std::string http2_hello, http2_request;
  std::string websocket_hello, websocket_frame, websocket_echo_head, websocket_close;
  std::string body_pattern;
};

Plan MakePlan(int argc, char** argv);
