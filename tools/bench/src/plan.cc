#include "plan.h"

#include <algorithm>
#include <map>

#include "common.h"

namespace {

class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 2; i < argc; i++) {
      char* e = strchr(argv[i], '=');
      if (!e) {
        fprintf(stderr, "bad argument %s\n", argv[i]);
        exit(2);
      }
      values_[std::string(argv[i], size_t(e - argv[i]))] = e + 1;
    }
  }
  std::string Text(const char* key, const char* fallback = "") const {
    auto i = values_.find(key);
    return i == values_.end() ? fallback : i->second;
  }
  double Number(const char* key, double fallback = 0) const {
    auto i = values_.find(key);
    return i == values_.end() ? fallback : atof(i->second.c_str());
  }
  std::vector<int> Pids(const char* key) const {
    std::vector<int> pids;
    std::string text = Text(key);
    for (const char* p = text.c_str(); *p;) {
      char* end;
      pids.push_back(int(strtol(p, &end, 10)));
      p = *end ? end + 1 : end;
    }
    return pids;
  }

 private:
  std::map<std::string, std::string> values_;
};

void MakeRequests(const Arguments& args, Plan& plan) {
  std::string method = args.Text("method", "GET"), path = args.Text("path");
  if (path.empty()) path = "/b/" + std::to_string(plan.body_bytes);
  size_t body = size_t(args.Number("body"));
  int hosts = int(args.Number("hosts")), paths = int(args.Number("paths"));
  int n = std::max(1, std::max(hosts, paths));
  for (int i = 0; i < n; i++) {
    std::string host = hosts ? "host" + std::to_string(i) + ".example.com" : "bench.test";
    std::string prefix = paths ? "/api/svc" + std::to_string(i) : "";
    std::string r =
        method + " " + prefix + path + " HTTP/1.1\r\nHost: " + host +
        "\r\nUser-Agent: bench-load/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\n";
    if (body) {
      r += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body) + "\r\n";
    }
    if (plan.one_request_per_connection) r += "Connection: close\r\n";
    plan.requests.push_back(r + "\r\n" + Pattern(body));
  }
}

void MakeWebSocketMessages(Plan& plan) {
  plan.websocket_hello =
      "GET /ws HTTP/1.1\r\nHost: bench.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Origin: http://bench.test\r\n\r\n";
  size_t size = plan.body_bytes;
  std::string head(1, char(0x82));
  if (size < 126) {
    head += char(size);
  } else if (size < 65536) {
    head += char(126);
    head += char(size >> 8);
    head += char(size & 255);
  } else {
    head += char(127);
    for (int i = 7; i >= 0; i--) head += char(uint64_t(size) >> (8 * i) & 255);
  }
  plan.websocket_echo_head = head;
  const uint8_t mask[4] = {0x5a, 0xc3, 0x17, 0x9e};
  std::string payload = Pattern(size);
  MaskPayload(payload.data(), payload.size(), mask, 0);
  head[1] = char(uint8_t(head[1]) | 0x80);
  head.append(reinterpret_cast<const char*>(mask), 4);
  plan.websocket_frame = head + payload;
  plan.websocket_close = std::string("\x88\x80") + std::string(4, '\0');
}

std::string Http2Frame(int type, int flags, const std::string& payload) {
  return {char(payload.size() >> 16),
          char(payload.size() >> 8),
          char(payload.size()),
          char(type),
          char(flags),
          0,
          0,
          0,
          0};
}

// A header as RFC 7541's literal without indexing, neither name nor value beyond 126 bytes.
std::string Http2Field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + char(name.size()) + name + char(value.size()) + value;
}

std::string Http2Headers(int flags, const std::string& block) {
  return Http2Frame(1, flags, block) + block;
}

void MakeHttp2Messages(Plan& plan) {
  // No dynamic table: the status of every answer is then a byte that is known.
  const std::string settings("\0\1\0\0\0\0", 6);
  plan.http2_hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Http2Frame(4, 0, settings) + settings;
  plan.http2_request =
      Http2Headers(5, Http2Field(":method", "GET") + Http2Field(":scheme", "https") +
                          Http2Field(":authority", "bench.test") +
                          Http2Field(":path", "/b/" + std::to_string(plan.body_bytes)) +
                          Http2Field("user-agent", "bench-load/1.0") +
                          Http2Field("accept", "*/*"));  // END_STREAM, END_HEADERS
}

// RFC 8441. Windows that never close: what comes is read at once.
void MakeHttp2WebSocketMessages(Plan& plan) {
  const std::string settings("\0\1\0\0\0\0\0\4\x3f\xff\xff\xff", 12), more("\x3f\0\0\0", 4);
  plan.http2_hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Http2Frame(4, 0, settings) + settings +
                     Http2Frame(8, 0, more) + more;
  plan.http2_request = Http2Headers(
      4, Http2Field(":method", "CONNECT") + Http2Field(":protocol", "websocket") +
             Http2Field(":scheme", "https") + Http2Field(":path", "/ws") +
             Http2Field(":authority", "bench.test") + Http2Field("sec-websocket-version", "13") +
             Http2Field("origin", "https://bench.test"));
  plan.http2_request[8] = 1;  // the stream
  std::string head = Http2Frame(0, 0, plan.websocket_frame);
  head[8] = 1;
  plan.websocket_frame = head + plan.websocket_frame;
}

SSL_CTX* MakeTlsContext(bool http2) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  static const unsigned char kHttp1[] = "\x08http/1.1", kHttp2[] = "\x02h2";
  SSL_CTX_set_alpn_protos(context, http2 ? kHttp2 : kHttp1, http2 ? 3 : 9);
  return context;
}

}  // namespace

Plan MakePlan(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: load http|ws|idle key=value...\n");
    exit(2);
  }
  Arguments args(argc, argv);
  std::string mode = argv[1];
  Plan plan;
  plan.mode = mode == "idle" ? Mode::kIdle : mode == "ws" ? Mode::kWebSocket : Mode::kHttp;
  plan.websocket = mode == "ws" || args.Text("kind") == "ws" || args.Text("kind") == "h2ws";
  plan.http2 = args.Text("kind") == "h2" || args.Text("kind") == "h2ws" || args.Number("h2") > 0;
  plan.port = int(args.Number("port"));
  plan.connections = int(args.Number("conns", 64));
  plan.threads = int(args.Number("threads", 1));
  plan.source_addresses = int(args.Number("srcs", 32));
  plan.tls = args.Number("tls") > 0;
  plan.resume = args.Number("resume") > 0;
  plan.one_request_per_connection = args.Number("close") > 0;
  plan.rate = args.Number("rate");
  plan.warm_seconds = args.Number("warm", plan.warm_seconds);
  plan.seconds = args.Number("dur", plan.seconds);
  plan.count = uint64_t(args.Number("count"));
  plan.body_bytes = size_t(args.Number("size", 64));
  plan.proxy_pids = args.Pids("pids");
  plan.origin_pids = args.Pids("be_pid");
  plan.body_pattern = Pattern(26 * 4096);
  MakeRequests(args, plan);
  MakeWebSocketMessages(plan);
  if (plan.http2) plan.websocket ? MakeHttp2WebSocketMessages(plan) : MakeHttp2Messages(plan);
  if (plan.tls) plan.context = MakeTlsContext(plan.http2);
  return plan;
}
