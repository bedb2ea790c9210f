// A backend to try a proxy on. Every answer says which backend gave it.
//
//   demo_backend NAME PORT      port 0: any free one, named on standard output
//
//   GET  /            a page for a browser
//   GET  /whoami      the name of this backend
//   GET  /headers     the request's headers as they arrived here
//   GET  /slow        answers after two seconds; /slow?ms=N after N milliseconds
//   GET  /status/N    answers with status N
//   GET  /bytes/N     answers with N bytes
//   POST anything     the body back
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "examples/quickstart/demo_http.h"

namespace sluice {
namespace {

constexpr uint64_t kLettersMax = uint64_t{4} << 30;
constexpr int kSlowMsMax = 60000;

std::string Page(const std::string& name) {
  return "<!doctype html><html><head><meta charset=utf-8><title>Sluice quickstart</title>\n"
         "<style>body{font:16px sans-serif;margin:3em auto;max-width:40em}"
         "code{background:#eee;padding:.1em .3em}</style></head><body>\n"
         "<h1>It works</h1>\n"
         "<p>This page came through Sluice from backend <b id=backend>" +
         name +
         "</b>. Load it again: the other one answers.</p>\n"
         "<p>Eight more requests of this page were answered by: <code id=more>...</code></p>\n"
         "<p>Try <a href=/headers>/headers</a>, <a href='/slow?ms=500'>/slow?ms=500</a>, "
         "<a href=/status/503>/status/503</a>, <a href=/bytes/1000>/bytes/1000</a>.</p>\n"
         "<script>\n"
         "(async () => {\n"
         "  let who = [];\n"
         "  for (let i = 0; i < 8; i++) who.push(await (await fetch('/whoami')).text());\n"
         "  document.getElementById('more').textContent = who.map(w => w.trim()).join(' ');\n"
         "})();\n"
         "</script></body></html>\n";
}

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

DemoResponse Slow(const DemoRequest& request, const std::string& name) {
  int ms = StartsWith(request.query, "ms=") ? atoi(request.query.c_str() + 3) : 2000;
  if (ms < 0 || ms > kSlowMsMax) ms = kSlowMsMax;
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  return {.body = name + " after " + std::to_string(ms) + " ms\n"};
}

DemoResponse Answer(const DemoRequest& request, const std::string& name) {
  if (request.method == "POST" || request.method == "PUT") {
    std::string type = request.Header("content-type");
    return {.content_type = type.empty() ? "application/octet-stream" : type, .body = request.body};
  }
  const std::string& path = request.path;
  if (path == "/") return {.content_type = "text/html; charset=utf-8", .body = Page(name)};
  if (path == "/whoami") return {.body = name + "\n"};
  if (path == "/favicon.ico") return {.status = 204};
  if (path == "/slow") return Slow(request, name);
  if (path == "/headers") {
    std::string text = request.method + " " + path + "\n";
    for (const auto& [header, value] : request.headers) text += header + ": " + value + "\n";
    return {.body = text};
  }
  if (StartsWith(path, "/status/")) {
    int status = atoi(path.c_str() + 8);
    if (status < 200 || status > 599) status = 404;
    return {.status = status, .body = name + " was asked for " + std::to_string(status) + "\n"};
  }
  if (StartsWith(path, "/bytes/")) {
    uint64_t letters = strtoull(path.c_str() + 7, nullptr, 10);
    return {.letters = letters < kLettersMax ? letters : kLettersMax};
  }
  return {.status = 404, .body = name + " has nothing at " + path + "\n"};
}

void Serve(int fd, const std::string& name) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  DemoConnection connection(fd);
  for (;;) {
    DemoRequest request;
    if (!connection.Read(request)) return;
    if (!connection.Write(request, Answer(request, name), name) || !request.keep_alive) return;
  }
}

int Listen(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 || listen(fd, 1024) < 0) {
    perror(("127.0.0.1:" + std::to_string(port)).c_str());
    exit(1);
  }
  return fd;
}

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: demo_backend NAME PORT\n");
    return 2;
  }
  std::string name = argv[1];
  int listener = sluice::Listen(atoi(argv[2]));
  printf("%s listens on 127.0.0.1:%d\n", name.c_str(), sluice::PortOf(listener));
  fflush(stdout);
  for (;;) {
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread([fd, name] { sluice::Serve(fd, name); }).detach();
  }
}
