// backend.cc - fast HTTP/1.1 + WebSocket-echo origin for the proxy benchmark.
//   backend PORT [threads]
// GET/POST anything; ".../b/<n>" in the path answers n patterned bytes (default 64).
// "Upgrade: websocket" answers 101 and echoes every frame back unmasked.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <thread>
#include <unordered_map>

#include "common.h"

namespace {

struct Conn {
  int fd;
  bool ws = false, closing = false, want_out = false;
  bool chunked = false;
  uint64_t body_left = 0;  // request body bytes still to skip
  bool in_body = false;
  size_t resp_size = 64;
  bool resp_close = false;
  // websocket
  uint64_t ws_left = 0, ws_off = 0;
  uint8_t mask[4];
  std::string part;  // incomplete input
  std::string out;   // unsent output
};

struct Request {
  size_t head_len = 0;
  uint64_t content_length = 0;
  bool chunked = false, close = false, upgrade = false, expect = false;
  size_t size = 64;
  std::string key;
};

bool ParseHead(const char* p, size_t n, Request& r) {
  const char* e = static_cast<const char*>(memmem(p, n, "\r\n\r\n", 4));
  if (!e) return false;
  r.head_len = size_t(e - p) + 4;
  const char* eol = static_cast<const char*>(memchr(p, '\r', r.head_len));
  const char* b = static_cast<const char*>(memmem(p, size_t(eol - p), "/b/", 3));
  if (b) r.size = size_t(strtoul(b + 3, nullptr, 10));
  const char* l = eol + 2;
  while (l < e) {
    const char* le = static_cast<const char*>(memchr(l, '\r', size_t(e + 2 - l)));
    size_t ll = size_t(le - l);
    switch (l[0] | 0x20) {
      case 'c':
        if (ll > 15 && !strncasecmp(l, "content-length:", 15))
          r.content_length = strtoull(l + 15, nullptr, 10);
        else if (ll > 11 && !strncasecmp(l, "connection:", 11) && memmem(l, ll, "lose", 4))
          r.close = true;
        break;
      case 't':
        if (ll > 18 && !strncasecmp(l, "transfer-encoding:", 18) && memmem(l, ll, "hunked", 6))
          r.chunked = true;
        break;
      case 'u':
        if (ll > 8 && !strncasecmp(l, "upgrade:", 8) && memmem(l, ll, "ebsocket", 8))
          r.upgrade = true;
        break;
      case 'e':
        if (ll > 7 && !strncasecmp(l, "expect:", 7)) r.expect = true;
        break;
      case 's':
        if (ll > 18 && !strncasecmp(l, "sec-websocket-key:", 18)) {
          const char* v = l + 18;
          while (*v == ' ') v++;
          r.key.assign(v, size_t(le - v));
        }
        break;
    }
    l = le + 2;
  }
  return true;
}

std::string AcceptKey(const std::string& key) {
  std::string s = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char d[20], o[40];
  SHA1(reinterpret_cast<const unsigned char*>(s.data()), s.size(), d);
  int n = EVP_EncodeBlock(o, d, 20);
  return std::string(reinterpret_cast<char*>(o), size_t(n));
}

struct Loop {
  int ep, lfd;
  std::unordered_map<size_t, std::string> cache;
  std::vector<char> buf = std::vector<char>(1 << 18);

  const std::string& Response(size_t n, bool close) {
    std::string& s = cache[n * 2 + close];
    if (s.empty()) {
      s = "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: origin\r\n"
          "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n";
      if (close) s += "Connection: close\r\n";
      s += "Content-Length: " + std::to_string(n) + "\r\n\r\n" + Pattern(n);
    }
    return s;
  }

  void Drop(Conn* c) {
    close(c->fd);
    delete c;
  }

  // false: the connection is gone
  bool Flush(Conn* c) {
    while (!c->out.empty()) {
      ssize_t n = send(c->fd, c->out.data(), c->out.size(), MSG_NOSIGNAL);
      if (n < 0) {
        if (errno == EAGAIN) break;
        Drop(c);
        return false;
      }
      c->out.erase(0, size_t(n));
    }
    bool want = !c->out.empty();
    if (want != c->want_out) {
      epoll_event e{};
      e.events = want ? EPOLLOUT : EPOLLIN;  // stop reading while blocked: back pressure
      e.data.ptr = c;
      epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
      c->want_out = want;
    }
    if (!want && c->closing) {
      Drop(c);
      return false;
    }
    return true;
  }

  // Sends `p` directly when nothing is queued; queues the rest.
  bool Emit(Conn* c, const char* p, size_t n) {
    if (c->out.empty()) {
      ssize_t w = send(c->fd, p, n, MSG_NOSIGNAL);
      if (w < 0 && errno != EAGAIN) {
        Drop(c);
        return false;
      }
      if (w > 0) p += w, n -= size_t(w);
    }
    c->out.append(p, n);
    return true;
  }

  // Consumes input in p[0..n); returns bytes consumed, appends replies to `reply`.
  size_t ReadHttp(Conn* c, char* p, size_t n, std::string& reply) {
    size_t i = 0;
    while (i < n && !c->closing && !c->ws) {
      if (c->in_body) {
        if (c->chunked) {
          // chunk header or trailer line, then data
          if (c->body_left == 0) {
            char* nl = static_cast<char*>(memchr(p + i, '\n', n - i));
            if (!nl) break;
            uint64_t sz = strtoull(p + i, nullptr, 16);
            if (sz == 0) {
              char* end = static_cast<char*>(memmem(p + i, n - i, "\r\n\r\n", 4));
              if (!end) break;
              i = size_t(end - p) + 4;
              c->in_body = false;
              reply += Response(c->resp_size, c->resp_close);
              c->closing = c->resp_close;
              continue;
            }
            i = size_t(nl - p) + 1;
            c->body_left = sz + 2;
          }
          uint64_t t = std::min<uint64_t>(c->body_left, n - i);
          i += t, c->body_left -= t;
          continue;
        }
        uint64_t t = std::min<uint64_t>(c->body_left, n - i);
        i += t, c->body_left -= t;
        if (c->body_left) break;
        c->in_body = false;
        reply += Response(c->resp_size, c->resp_close);
        c->closing = c->resp_close;
        continue;
      }
      Request r;
      if (!ParseHead(p + i, n - i, r)) break;
      i += r.head_len;
      if (r.upgrade) {
        reply +=
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
            AcceptKey(r.key) + "\r\n\r\n";
        c->ws = true;
        break;
      }
      c->resp_size = r.size;
      c->resp_close = r.close;
      if (r.expect) reply += "HTTP/1.1 100 Continue\r\n\r\n";
      if (r.chunked || r.content_length) {
        c->in_body = true;
        c->chunked = r.chunked;
        c->body_left = r.chunked ? 0 : r.content_length;
        continue;
      }
      reply += Response(r.size, r.close);
      c->closing = r.close;
    }
    return i;
  }

  size_t ReadWebSocket(Conn* c, char* p, size_t n, std::string& reply) {
    size_t i = 0;
    while (i < n) {
      if (c->ws_left) {
        size_t t = size_t(std::min<uint64_t>(c->ws_left, n - i));
        MaskPayload(p + i, t, c->mask, c->ws_off);
        reply.append(p + i, t);
        i += t, c->ws_left -= t, c->ws_off += t;
        continue;
      }
      if (n - i < 6) break;
      uint8_t b0 = uint8_t(p[i]), l7 = uint8_t(p[i + 1]) & 0x7f;
      size_t h = 2 + (l7 == 126 ? 2 : l7 == 127 ? 8 : 0);
      if (n - i < h + 4) break;
      uint64_t len = l7;
      if (l7 >= 126) {
        len = 0;
        for (size_t k = 2; k < h; k++) len = len << 8 | uint8_t(p[i + k]);
      }
      if ((b0 & 15) == 8) {
        c->closing = true;
        return n;
      }
      reply.push_back(char(b0));
      reply.push_back(char(l7));
      reply.append(p + i + 2, h - 2);
      memcpy(c->mask, p + i + h, 4);
      i += h + 4;
      c->ws_left = len;
      c->ws_off = 0;
    }
    return i;
  }

  void Readable(Conn* c) {
    size_t pre = c->part.size();
    if (pre) memcpy(buf.data(), c->part.data(), pre);
    ssize_t n = recv(c->fd, buf.data() + pre, buf.size() - pre, 0);
    if (n <= 0) {
      if (n < 0 && errno == EAGAIN) return;
      Drop(c);
      return;
    }
    size_t total = pre + size_t(n);
    std::string reply;
    size_t used = 0;
    // The common case, one GET at a time, is answered straight from the cache.
    if (!c->ws && !c->in_body) {
      Request r;
      if (ParseHead(buf.data(), total, r) && r.head_len == total && !r.upgrade && !r.chunked &&
          !r.content_length) {
        c->part.clear();
        const std::string& s = Response(r.size, r.close);
        c->closing = r.close;
        if (Emit(c, s.data(), s.size())) Flush(c);
        return;
      }
    }
    if (!c->ws) used = ReadHttp(c, buf.data(), total, reply);
    if (c->ws) used += ReadWebSocket(c, buf.data() + used, total - used, reply);
    c->part.assign(buf.data() + used, total - used);
    if (!reply.empty() && !Emit(c, reply.data(), reply.size())) return;
    Flush(c);
  }

  void Run(int port) {
    lfd = ListenLoopback(port);
    ep = epoll_create1(EPOLL_CLOEXEC);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = nullptr;
    epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e);
    epoll_event evs[512];
    for (;;) {
      int n = epoll_wait(ep, evs, 512, -1);
      for (int i = 0; i < n; i++) {
        Conn* c = static_cast<Conn*>(evs[i].data.ptr);
        if (!c) {
          int fd = accept4(lfd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
          if (fd < 0) continue;
          NoDelay(fd);
          Conn* k = new Conn{};
          k->fd = fd;
          epoll_event x{};
          x.events = EPOLLIN;
          x.data.ptr = k;
          epoll_ctl(ep, EPOLL_CTL_ADD, fd, &x);
          continue;
        }
        if (c->want_out)
          Flush(c);
        else
          Readable(c);
      }
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fprintf(stderr, "usage: backend PORT [threads]\n"), 2;
  BoundLifetime(3600);
  int port = atoi(argv[1]), threads = argc > 2 ? atoi(argv[2]) : 1;
  std::vector<std::thread> ts;
  for (int i = 0; i < threads; i++) ts.emplace_back([port] { (new Loop)->Run(port); });
  printf("READY\n");
  fflush(stdout);
  for (auto& t : ts) t.join();
}
