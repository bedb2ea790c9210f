// relay.cc - the floor: a byte relay that parses nothing. One epoll loop per thread.
//   relay LISTEN_PORT UPSTREAM_PORT threads [TLS_PORT cert.pem key.pem]
// Plaintext side: edge triggered, one recv and one send per arrival of bytes.
// TLS side: OpenSSL termination, then the same relay.
// Every downstream connection has its own upstream connection: a relay cannot pool.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <thread>

#include "common.h"

namespace {

constexpr size_t kBuf = 1 << 17;

struct Side {
  int fd = -1;
  SSL* ssl = nullptr;
  Side* peer = nullptr;
  bool eof = false, want_out = false, dead = false, handshaking = false;
  std::string pend;  // bytes still to write to this side
};

struct Loop {
  int ep = -1, up_port = 0;
  SSL_CTX* ctx = nullptr;
  std::vector<char> buf = std::vector<char>(kBuf);
  std::vector<Side*> grave;

  void Arm(Side* s, int op) {
    epoll_event e{};
    if (s->ssl)  // level triggered: reading stops at record boundaries
      e.events = (s->peer && s->peer->pend.empty() ? uint32_t(EPOLLIN) : 0u) |
                 (s->want_out ? uint32_t(EPOLLOUT) : 0u);
    else
      e.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | uint32_t(EPOLLET);
    e.data.ptr = s;
    epoll_ctl(ep, op, s->fd, &e);
  }

  void Kill(Side* s) {
    for (Side* x : {s, s->peer}) {
      if (!x || x->dead) continue;
      x->dead = true;
      if (x->ssl) {
        SSL_set_shutdown(x->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(x->ssl);
      }
      close(x->fd);
      grave.push_back(x);
    }
  }

  ssize_t Put(Side* s, const char* p, size_t n) {
    if (!s->ssl) {
      ssize_t w = send(s->fd, p, n, MSG_NOSIGNAL);
      if (w < 0) return errno == EAGAIN || errno == ENOTCONN ? 0 : -1;
      return w;
    }
    size_t done = 0;
    while (done < n) {
      int w = SSL_write(s->ssl, p + done, int(n - done));
      if (w <= 0) {
        int e = SSL_get_error(s->ssl, w);
        if (e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ) break;
        return -1;
      }
      done += size_t(w);
    }
    return ssize_t(done);
  }

  void Finish(Side* s) {  // s has reached EOF and its peer has nothing queued
    if (s->peer->ssl) SSL_shutdown(s->peer->ssl);
    shutdown(s->peer->fd, SHUT_WR);
    if (s->peer->eof || s->peer->ssl || s->ssl) Kill(s);
  }

  void Pump(Side* s, bool hup) {
    Side* d = s->peer;
    while (d->pend.empty() && !s->eof) {
      ssize_t n;
      if (s->ssl) {
        n = SSL_read(s->ssl, buf.data(), int(kBuf));
        if (n <= 0) {
          int e = SSL_get_error(s->ssl, int(n));
          if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) return;
          n = 0;
        }
      } else {
        n = recv(s->fd, buf.data(), kBuf, 0);
        if (n < 0 && errno == EAGAIN) return;
      }
      if (n < 0) return Kill(s);
      if (n == 0) {
        s->eof = true;
        return Finish(s);
      }
      ssize_t w = Put(d, buf.data(), size_t(n));
      if (w < 0) return Kill(s);
      if (w < n) {
        d->pend.assign(buf.data() + w, size_t(n - w));
        d->want_out = true;
        if (d->ssl) Arm(d, EPOLL_CTL_MOD);
        if (s->ssl) Arm(s, EPOLL_CTL_MOD);
        return;
      }
      if (s->ssl ? !SSL_pending(s->ssl) : size_t(n) < kBuf && !hup) return;
    }
  }

  void Flush(Side* s) {
    ssize_t w = Put(s, s->pend.data(), s->pend.size());
    if (w < 0) return Kill(s);
    s->pend.erase(0, size_t(w));
    if (!s->pend.empty()) return;
    s->want_out = false;
    if (s->ssl) Arm(s, EPOLL_CTL_MOD);
    if (s->peer->ssl) Arm(s->peer, EPOLL_CTL_MOD);
    if (s->peer->eof) return Finish(s->peer);
    Pump(s->peer, true);
  }

  // Connects upstream for `d` and starts relaying.
  bool Dial(Side* d) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    NoDelay(fd);
    sockaddr_in a = Loopback(INADDR_LOOPBACK, up_port);
    if (connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) < 0 && errno != EINPROGRESS) {
      close(fd);
      return false;
    }
    Side* u = new Side;
    u->fd = fd;
    u->peer = d;
    d->peer = u;
    Arm(u, EPOLL_CTL_ADD);
    return true;
  }

  void Accept(int lfd, bool tls) {
    int fd = accept4(lfd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    NoDelay(fd);
    Side* d = new Side;
    d->fd = fd;
    if (tls) {
      d->ssl = SSL_new(ctx);
      SSL_set_fd(d->ssl, fd);
      SSL_set_accept_state(d->ssl);
      d->handshaking = true;
      epoll_event e{};
      e.events = EPOLLIN;
      e.data.ptr = d;
      epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
      return;
    }
    if (!Dial(d)) return Kill(d);
    Arm(d, EPOLL_CTL_ADD);
  }

  void OnEvent(Side* s, uint32_t ev) {
    if (s->dead) return;
    if (s->handshaking) {
      int r = SSL_do_handshake(s->ssl);
      if (r != 1) {
        int e = SSL_get_error(s->ssl, r);
        if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) Kill(s);
        return;
      }
      s->handshaking = false;
      if (!Dial(s)) return Kill(s);
      Pump(s, false);
      return;
    }
    if ((ev & EPOLLOUT) && !s->pend.empty()) Flush(s);
    if (s->dead || !(ev & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
    if ((ev & (EPOLLHUP | EPOLLERR)) && s->eof) return Kill(s);
    Pump(s, ev & (EPOLLRDHUP | EPOLLHUP));
  }

  void Run(int port, int tls_port) {
    ep = epoll_create1(EPOLL_CLOEXEC);
    int l[2] = {ListenLoopback(port), tls_port ? ListenLoopback(tls_port) : -1};
    for (uintptr_t i = 0; i < 2; i++) {
      if (l[i] < 0) continue;
      epoll_event e{};
      e.events = EPOLLIN;
      e.data.u64 = i;
      epoll_ctl(ep, EPOLL_CTL_ADD, l[i], &e);
    }
    epoll_event evs[256];
    for (;;) {
      int n = epoll_wait(ep, evs, 256, -1);
      for (int i = 0; i < n; i++) {
        if (evs[i].data.u64 < 2)
          Accept(l[evs[i].data.u64], evs[i].data.u64 == 1);
        else
          OnEvent(static_cast<Side*>(evs[i].data.ptr), evs[i].events);
      }
      for (Side* s : grave) delete s;
      grave.clear();
    }
  }
};

int SelectAlpn(SSL*, const unsigned char** out, unsigned char* outlen, const unsigned char* in,
               unsigned inlen, void*) {
  static const unsigned char h1[] = "\x08http/1.1";
  return SSL_select_next_proto(const_cast<unsigned char**>(out), outlen, h1, 9, in, inlen) ==
                 OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4)
    return fprintf(stderr, "usage: relay PORT UP_PORT threads [TLS_PORT cert key]\n"), 2;
  BoundLifetime(3600);
  SSL_CTX* ctx = nullptr;
  if (argc > 6) {
    ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>("relay"), 5);
    SSL_CTX_set_alpn_select_cb(ctx, SelectAlpn, nullptr);
    if (SSL_CTX_use_certificate_chain_file(ctx, argv[5]) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, argv[6], SSL_FILETYPE_PEM) != 1)
      return ERR_print_errors_fp(stderr), 2;
  }
  std::vector<std::thread> ts;
  for (int i = 0; i < atoi(argv[3]); i++)
    ts.emplace_back([=] {
      Loop* l = new Loop;
      l->up_port = atoi(argv[2]);
      l->ctx = ctx;
      l->Run(atoi(argv[1]), argc > 6 ? atoi(argv[4]) : 0);
    });
  for (auto& t : ts) t.join();
}
