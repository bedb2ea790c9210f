#include "client.h"

#include <openssl/err.h>

#include <algorithm>

#include "common.h"

namespace {

int OnNewSession(SSL* ssl, SSL_SESSION* session) {
  ClientConnection* k = static_cast<ClientConnection*>(SSL_get_app_data(ssl));
  if (k->session) SSL_SESSION_free(k->session);
  k->session = session;
  return 1;
}

}  // namespace

Client::Client(const Plan& plan, int index)
    : plan_(plan), idle_mode_(plan.mode == Mode::kIdle), index_(index) {
  poll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  random_ += uint64_t(index) * 7919;
  if (plan.resume) SSL_CTX_sess_set_new_cb(plan.context, OnNewSession);
}

const std::string* Client::PickRequest() {
  if (plan_.requests.size() == 1) return &plan_.requests[0];
  random_ ^= random_ << 13, random_ ^= random_ >> 7, random_ ^= random_ << 17;
  return &plan_.requests[random_ % plan_.requests.size()];
}

void Client::Drop(Connection* k) {
  if (k->ssl) {
    SSL_set_shutdown(k->ssl,
                     SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // keeps the session resumable
    SSL_free(k->ssl);
    k->ssl = nullptr;
  }
  if (k->fd >= 0) close(k->fd);
  k->fd = -1;
  k->state = Connection::kClosed;
}

void Client::Fail(Connection* k, std::atomic<uint64_t>& why) {
  why++;
  bool setup = k->state != Connection::kBusy && k->state != Connection::kReady;
  Drop(k);
  if (idle_mode_) {
    if (setup || k->exchanges == 0) setting_up_--;
    return;
  }
  if (why > 200000 || stop) return;
  uint64_t t = NowNs();
  if (t - last_failure_ns_ < 1000000) usleep(200);  // never spin on errors
  last_failure_ns_ = t;
  Dial(k);
}

void Client::Dial(Connection* k) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    counters.connect++;
    return;
  }
  int one = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  NoDelay(fd);
  uint32_t ip = INADDR_LOOPBACK + 1 + (next_source_++ % uint32_t(plan_.source_addresses)) +
                uint32_t(index_) * 256;
  sockaddr_in a = Loopback(ip, 0), d = Loopback(INADDR_LOOPBACK, plan_.port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) < 0) Die("bind source");
  k->fd = fd;
  k->part.clear();
  k->frame_part.clear();
  k->owes_settings_ack = k->asked_for_websocket = false;
  k->in_body = false;
  k->got = k->left = 0;
  k->check = true;
  k->bad = false;
  k->out = nullptr;
  k->state = Connection::kConnecting;
  if (connect(fd, reinterpret_cast<sockaddr*>(&d), sizeof d) < 0 && errno != EINPROGRESS) {
    counters.connect++;
    Drop(k);
    return;
  }
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | uint32_t(EPOLLET);
  e.data.ptr = k;
  epoll_ctl(poll_fd_, EPOLL_CTL_ADD, fd, &e);
}

void Client::StartTls(Connection* k) {
  k->ssl = SSL_new(plan_.context);
  SSL_set_fd(k->ssl, k->fd);
  SSL_set_app_data(k->ssl, k);
  SSL_set_tlsext_host_name(k->ssl, "bench.test");
  if (plan_.resume && k->session) SSL_set_session(k->ssl, k->session);
  SSL_set_connect_state(k->ssl);
  k->state = Connection::kHandshake;
  Handshake(k);
}

void Client::Handshake(Connection* k) {
  int r = SSL_do_handshake(k->ssl);
  if (r != 1) {
    int e = SSL_get_error(k->ssl, r);
    if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) Fail(k, counters.tls);
    return;
  }
  if (SSL_session_reused(k->ssl)) counters.resumed++;
  Connected(k);
}

void Client::Connected(Connection* k) {
  if (plan_.websocket) {
    k->state = Connection::kUpgrading;
    k->out = plan_.http2 ? &plan_.http2_hello : &plan_.websocket_hello;
    k->out_offset = 0;
    WriteOut(k);
    return;
  }
  k->state = Connection::kReady;
  Ready(k);
}

void Client::Ready(Connection* k) {
  if (idle_mode_) {
    if (k->exchanges) return;  // one exchange was made: stay idle
    SendRequest(k, NowNs());
  } else if (plan_.rate > 0) {
    free_.push_back(k);
  } else {
    SendRequest(k, 0);
  }
}

void Client::SendRequest(Connection* k, uint64_t due_ns) {
  k->state = Connection::kBusy;
  k->in_body = false;
  k->got = 0;
  k->left = 0;
  k->bad = false;
  k->check = (k->exchanges & 63) == 0;
  k->due_ns = due_ns;
  if (plan_.rate > 0) k->sent_ns = NowNs();
  k->out = plan_.websocket ? &plan_.websocket_frame : plan_.http2 ? &k->own : PickRequest();
  if (plan_.http2 && !plan_.websocket) {
    k->own = (k->exchanges ? "" : plan_.http2_hello) + plan_.http2_request;
    k->own[k->own.size() - plan_.http2_request.size() + 8] = char(1 + 2 * k->exchanges);
  }
  k->out_offset = 0;
  WriteOut(k);
}

void Client::WriteOut(Connection* k) {
  while (k->out && k->out_offset < k->out->size()) {
    ssize_t n;
    if (k->ssl) {
      n = SSL_write(k->ssl, k->out->data() + k->out_offset, int(k->out->size() - k->out_offset));
      if (n <= 0) {
        int e = SSL_get_error(k->ssl, int(n));
        if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) return;
        return Fail(k, counters.io);
      }
    } else {
      n = send(k->fd, k->out->data() + k->out_offset, k->out->size() - k->out_offset, MSG_NOSIGNAL);
      if (n < 0) {
        if (errno == EAGAIN) return;
        return Fail(k, counters.io);
      }
    }
    k->out_offset += size_t(n);
  }
  k->out = nullptr;
  if (k->owes_settings_ack) AcknowledgeSettings(k);
}

void Client::OnEof(Connection* k) {
  if (k->state == Connection::kAwaitingEof) {
    Count(k);
    Drop(k);
    if (!stop) Dial(k);
    return;
  }
  if (k->state == Connection::kReady && !idle_mode_ && plan_.rate > 0)
    free_.erase(std::remove(free_.begin(), free_.end(), k), free_.end());
  Fail(k, counters.io);
}

void Client::Readable(Connection* k, uint32_t events) {
  bool ending = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  int fd = k->fd;
  for (;;) {
    ssize_t n;
    if (k->ssl) {
      n = SSL_read(k->ssl, buffer_.data(), int(buffer_.size()));
      if (n <= 0) {
        int e = SSL_get_error(k->ssl, int(n));
        if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) return;
        ERR_clear_error();
        return OnEof(k);
      }
    } else {
      n = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return OnEof(k);
    }
    if (plan_.http2) {
      ConsumeHttp2(k, buffer_.data(), size_t(n));
    } else if (plan_.websocket) {
      ConsumeWebSocket(k, buffer_.data(), size_t(n));
    } else {
      ConsumeHttp(k, buffer_.data(), size_t(n));
    }
    if (k->fd != fd || k->state == Connection::kClosed || k->state == Connection::kConnecting)
      return;
    if (!k->ssl && size_t(n) < buffer_.size() && !ending) return;
  }
}

void Client::OnEvent(Connection* k, uint32_t events) {
  if (k->fd < 0) return;
  if (k->state == Connection::kConnecting) {
    if (events & (EPOLLERR | EPOLLHUP)) return Fail(k, counters.connect);
    if (!(events & EPOLLOUT)) return;
    return plan_.tls ? StartTls(k) : Connected(k);
  }
  if (k->state == Connection::kHandshake) {
    Handshake(k);
    if (k->state != Connection::kBusy || !k->ssl) return;
  }
  if ((events & EPOLLOUT) && k->out) WriteOut(k);
  if (k->fd >= 0 && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) Readable(k, events);
}

void Client::PollOnce(int64_t timeout_ns) {
  epoll_event evs[256];
  timespec ts{timeout_ns / 1000000000, timeout_ns % 1000000000};
  int n = epoll_pwait2(poll_fd_, evs, 256, &ts, nullptr);
  for (int i = 0; i < n; i++) OnEvent(static_cast<Connection*>(evs[i].data.ptr), evs[i].events);
}

void Client::Run(int connections) {
  for (int i = 0; i < connections; i++) {
    connections_.emplace_back();
    Dial(&connections_.back());
  }
  if (plan_.rate > 0) {
    RunOpenLoop(connections);
  } else {
    while (!stop) PollOnce(20000000);
  }
  for (Connection& k : connections_) Drop(&k);
}

void Client::RunOpenLoop(int connections) {
  prctl(PR_SET_TIMERSLACK, 1ul);
  uint64_t deadline = NowNs() + 2100000000ull;
  while (!stop && free_.size() < size_t(connections) && NowNs() < deadline) PollOnce(1000000);
  uint64_t start = NowNs(), sent = 0, next = start;
  double step = 1e9 / plan_.rate;
  while (!stop && waiting_.size() <= 200000) {
    uint64_t now = NowNs();
    while (next <= now) {
      waiting_.push_back(next);
      next = start + uint64_t(double(++sent) * step);
    }
    longest_queue = std::max(longest_queue, waiting_.size());
    while (!waiting_.empty() && !free_.empty()) {
      Connection* k = free_.back();
      free_.pop_back();
      if (k->state != Connection::kReady) continue;
      uint64_t due = waiting_.front();
      waiting_.pop_front();
      SendRequest(k, due);
    }
    now = NowNs();
    PollOnce(next > now ? int64_t(next - now) : 0);
  }
}

void Client::AddIdle(int connections) {
  int made = 0;
  uint64_t deadline = NowNs() + 30000000000ull;
  while ((made < connections || setting_up_ > 0) && NowNs() < deadline) {
    while (made < connections && setting_up_ < 64) {
      connections_.emplace_back();
      setting_up_++;
      made++;
      Dial(&connections_.back());
    }
    PollOnce(10000000);
  }
}

uint64_t Client::CheckIdle() {
  uint64_t before = counters.ok, asked = 0, deadline = NowNs() + 10000000000ull;
  for (size_t i = 0; i < connections_.size(); i += 10) {
    if (connections_[i].state != Connection::kReady) continue;
    asked++;
    SendRequest(&connections_[i], NowNs());
    PollOnce(0);
  }
  while (counters.ok - before < asked && NowNs() < deadline) PollOnce(10000000);
  for (int i = 0; i < 10; i++) PollOnce(1000000);  // late trouble shows now
  return asked;
}

size_t Client::OpenConnections() const {
  return size_t(std::count_if(connections_.begin(), connections_.end(),
                              [](const Connection& k) { return k.state == Connection::kReady; }));
}
