// Shared helpers of the benchmark's own programs. Loopback only, bounded run time.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <string>
#include <vector>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static inline uint64_t NowNs() {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return uint64_t(ts.tv_sec) * 1000000000ull + uint64_t(ts.tv_nsec);
}

[[noreturn]] static inline void Die(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  _exit(2);
}

// Every helper ends with its parent and, whatever happens, after `max_seconds`.
static inline void BoundLifetime(unsigned max_seconds) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  alarm(max_seconds);
  rlimit rl;
  if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
  }
}

static inline sockaddr_in Loopback(uint32_t host_order_ip, int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(uint16_t(port));
  a.sin_addr.s_addr = htonl(host_order_ip);
  if ((host_order_ip >> 24) != 127) {
    fprintf(stderr, "refusing a non-loopback address\n");
    _exit(2);
  }
  return a;
}

static inline int ListenLoopback(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  sockaddr_in a = Loopback(INADDR_LOOPBACK, port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) < 0) Die("bind");
  if (listen(fd, 4096) < 0) Die("listen");
  return fd;
}

static inline void NoDelay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// Byte i of every body and every WebSocket payload, so that a receiver can check it.
static inline char PatternAt(uint64_t i) { return char('a' + i % 26); }

static inline std::string Pattern(size_t n) {
  std::string s(n, 0);
  for (size_t i = 0; i < n; i++) s[i] = PatternAt(i);
  return s;
}

// XOR `n` bytes with the 4-byte WebSocket mask, starting at payload offset `off`.
static inline void MaskPayload(char* p, size_t n, const uint8_t mask[4], uint64_t off) {
  uint8_t m[8];
  for (int i = 0; i < 8; i++) m[i] = mask[(off + unsigned(i)) & 3];
  uint64_t m8;
  memcpy(&m8, m, 8);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t v;
    memcpy(&v, p + i, 8);
    v ^= m8;
    memcpy(p + i, &v, 8);
  }
  for (; i < n; i++) p[i] = char(uint8_t(p[i]) ^ m[i & 7]);
}
