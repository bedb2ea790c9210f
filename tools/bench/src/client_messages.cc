#include <algorithm>

#include "client.h"
#include "common.h"

void Client::BodyBytes(Connection* k, const char* p, size_t n) {
  if (k->check) {
    for (size_t i = 0; i < n && !k->bad;) {  // compare against the pattern, a block at a time
      size_t o = (k->got + i) % 26, t = std::min(n - i, plan_.body_pattern.size() - o);
      if (memcmp(p + i, plan_.body_pattern.data() + o, t)) k->bad = true;
      i += t;
    }
  }
  k->got += n;
}

// Parses one response head at p; 0: incomplete.
size_t Client::ParseResponseHead(Connection* k, const char* p, size_t n) {
  const char* e = static_cast<const char*>(memmem(p, n, "\r\n\r\n", 4));
  if (!e) return 0;
  size_t hl = size_t(e - p) + 4;
  k->status = hl > 12 ? atoi(p + 9) : 0;
  k->chunked = false;
  k->peer_closes = false;
  k->left = 0;
  bool have_len = false;
  const char* l = static_cast<const char*>(memchr(p, '\n', hl)) + 1;
  while (l < e) {
    const char* le = static_cast<const char*>(memchr(l, '\r', size_t(e + 2 - l)));
    size_t ll = size_t(le - l);
    char f = l[0] | 0x20;
    if (f == 'c') {
      if (ll > 15 && !strncasecmp(l, "content-length:", 15)) {
        k->left = strtoull(l + 15, nullptr, 10);
        have_len = true;
      } else if (ll > 11 && !strncasecmp(l, "connection:", 11) && memmem(l, ll, "lose", 4)) {
        k->peer_closes = true;
      }
    } else if (f == 't' && ll > 18 && !strncasecmp(l, "transfer-encoding:", 18) &&
               memmem(l, ll, "hunked", 6)) {
      k->chunked = true;
    }
    l = le + 2;
  }
  if (!have_len && !k->chunked && k->status == 200) k->status = -1;  // length must be known
  return hl;
}

void Client::Completed(Connection* k) {
  bool good = false;
  if (k->status != 200) {
    counters.status++;
  } else if (k->got != plan_.body_bytes) {
    counters.length++;
  } else if (k->bad) {
    counters.body++;
  } else {
    good = true;
  }
  if (plan_.one_request_per_connection) {
    if (good) {  // counted when the proxy has closed
      k->state = Connection::kAwaitingEof;
      return;
    }
    Drop(k);
    if (!stop) Dial(k);
    return;
  }
  if (good) Count(k);
  k->exchanges++;
  if (idle_mode_ && k->exchanges == 1) setting_up_--;
  k->state = Connection::kReady;
  if (stop) return;
  if (k->peer_closes) {
    Drop(k);
    Dial(k);
    return;
  }
  Ready(k);
}

void Client::Count(Connection* k) {
  counters.ok.fetch_add(1, std::memory_order_relaxed);
  counters.bytes.fetch_add(k->got, std::memory_order_relaxed);
  if (plan_.rate > 0 && record) {
    uint64_t t = NowNs();
    latency.push_back(uint32_t((t - k->due_ns) / 100));
    service.push_back(uint32_t((t - k->sent_ns) / 100));
  }
}

// Takes a chunk-size line, the line end after a chunk, or the end of the body; 0: incomplete.
size_t Client::ParseChunkLine(Connection* k, const char* p, size_t n) {
  const char* nl = static_cast<const char*>(memchr(p, '\n', n));
  if (!nl) return 0;
  size_t line = size_t(nl - p) + 1;
  if (k->chunk_end && line <= 2) {
    k->chunk_end = false;
    return line;
  }
  uint64_t size = strtoull(p, nullptr, 16);
  if (size) {
    k->left = size;
    k->chunk_end = true;
    return line;
  }
  const char* e = static_cast<const char*>(memmem(p, n, "\r\n\r\n", 4));
  if (!e) return 0;
  Completed(k);
  return size_t(e - p) + 4;
}

void Client::ConsumeHttp(Connection* k, const char* p, size_t n) {
  std::string joined;
  if (!k->part.empty()) {
    k->part.append(p, n);
    joined.swap(k->part);
    p = joined.data(), n = joined.size();
  }
  size_t i = 0;
  while (i < n && k->state == Connection::kBusy) {
    if (!k->in_body) {
      size_t h = ParseResponseHead(k, p + i, n - i);
      if (!h) break;
      i += h;
      if (k->status == 100) continue;
      k->in_body = true;
      k->chunk_end = false;
      if (!k->chunked && !k->left) Completed(k);
      continue;
    }
    if (k->chunked && !k->left) {
      size_t used = ParseChunkLine(k, p + i, n - i);
      if (!used) break;
      i += used;
      continue;
    }
    size_t t = size_t(std::min<uint64_t>(k->left, n - i));
    BodyBytes(k, p + i, t);
    i += t;
    k->left -= t;
    if (!k->left && !k->chunked) Completed(k);
  }
  if (i < n && k->state == Connection::kBusy) {
    k->part.assign(p + i, n - i);
  } else if (i < n && k->state == Connection::kAwaitingEof) {
    counters.length++;
  }
}

void Client::AcknowledgeSettings(Connection* k) {
  k->owes_settings_ack = k->out != nullptr;  // else when that has been written
  if (k->out) return;
  k->own.assign("\0\0\0\4\1\0\0\0\0", 9);
  if (plan_.websocket && !k->asked_for_websocket) {  // RFC 8441: not before the other's SETTINGS
    k->asked_for_websocket = true;
    k->own += plan_.http2_request;
  }
  k->out = &k->own;
  k->out_offset = 0;
  WriteOut(k);
}

void Client::OnHttp2Frame(Connection* k, const char* frame, size_t size) {
  enum {
    kData = 0,
    kHeaders = 1,
    kReset = 3,
    kSettings = 4,
    kGoAway = 7,
    kEndStream = 1,
    kAck = 1
  };
  const int type = frame[3], flags = frame[4];
  if (type == kSettings && !(flags & kAck)) return AcknowledgeSettings(k);
  if (type == kReset || type == kGoAway) return Fail(k, counters.io);
  if (type != kData && type != kHeaders) return;
  if (plan_.websocket) return OnHttp2Tunnel(k, frame, size);
  if (k->state != Connection::kBusy) return;
  if (type == kHeaders) {
    size_t i = 9;
    while (i < size && (frame[i] & 0xe0) == 0x20) i++;  // changes of the table's size
    k->status = i < size && uint8_t(frame[i]) == 0x88 ? 200 : -1;
  } else {
    BodyBytes(k, frame + 9, size - 9);
  }
  if (flags & kEndStream) Completed(k);
}

void Client::ConsumeHttp2(Connection* k, const char* p, size_t n) {
  std::string joined;
  if (!k->part.empty()) {
    k->part.append(p, n);
    joined.swap(k->part);
    p = joined.data(), n = joined.size();
  }
  size_t i = 0;
  while (n - i >= 9 && k->state != Connection::kClosed) {
    const uint8_t* u = reinterpret_cast<const uint8_t*>(p + i);
    size_t size = 9 + (size_t(u[0]) << 16 | size_t(u[1]) << 8 | u[2]);
    if (n - i < size) break;
    OnHttp2Frame(k, p + i, size);
    i += size;
  }
  if (i < n && k->state != Connection::kClosed) k->part.assign(p + i, n - i);
}

// Takes what comes after the handshake.
void Client::ConsumeEcho(Connection* k, std::string& part, const char* p, size_t n) {
  std::string joined;
  if (!part.empty()) {
    part.append(p, n);
    joined.swap(part);
    p = joined.data(), n = joined.size();
  }
  size_t i = 0;
  while (i < n) {
    if (k->state != Connection::kBusy) return Fail(k, counters.length);
    if (!k->in_body) {
      if (n - i < plan_.websocket_echo_head.size()) break;
      const std::string& head = plan_.websocket_echo_head;
      if (memcmp(p + i, head.data(), head.size())) return Fail(k, counters.body);
      i += head.size();
      k->in_body = true;
      k->left = plan_.body_bytes;
      continue;
    }
    size_t t = size_t(std::min<uint64_t>(k->left, n - i));
    BodyBytes(k, p + i, t);
    i += t;
    k->left -= t;
    if (!k->left) {
      if (k->bad) return Fail(k, counters.body);
      Count(k);
      k->exchanges++;
      if (idle_mode_ && k->exchanges == 1) setting_up_--;
      k->state = Connection::kReady;
      if (!stop) Ready(k);
    }
  }
  if (i < n) part.assign(p + i, n - i);
}

void Client::ConsumeWebSocket(Connection* k, const char* p, size_t n) {
  if (k->state == Connection::kAwaitingEof) return;  // an answer to the close
  if (k->state != Connection::kUpgrading) return ConsumeEcho(k, k->part, p, n);
  k->part.append(p, n);
  std::string head;
  head.swap(k->part);
  size_t end = head.find("\r\n\r\n");
  if (end == std::string::npos) {
    k->part.swap(head);
    return;
  }
  if (head.size() < 12 || atoi(head.data() + 9) != 101 ||
      head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
    return Fail(k, counters.status);
  }
  if (plan_.one_request_per_connection) {  // counted when the proxy has closed
    k->state = Connection::kAwaitingEof;
    k->out = &plan_.websocket_close;
    k->out_offset = 0;
    return WriteOut(k);
  }
  k->state = Connection::kReady;
  Ready(k);
  if (end + 4 < head.size()) ConsumeEcho(k, k->part, head.data() + end + 4, head.size() - end - 4);
}

void Client::OnHttp2Tunnel(Connection* k, const char* frame, size_t size) {
  const int type = frame[3];
  if (type == 0) return ConsumeEcho(k, k->frame_part, frame + 9, size - 9);
  size_t i = 9;
  while (i < size && (frame[i] & 0xe0) == 0x20) i++;  // changes of the table's size
  if (k->state != Connection::kUpgrading || i == size || uint8_t(frame[i]) != 0x88) {
    return Fail(k, counters.status);
  }
  k->state = Connection::kReady;
  Ready(k);
}
