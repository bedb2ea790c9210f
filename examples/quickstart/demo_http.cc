#include "examples/quickstart/demo_http.h"

#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sluice {
namespace {

constexpr size_t kLineBytesMax = 64 * 1024;
constexpr uint64_t kBodyBytesMax = 64 * 1024 * 1024;

std::string Lower(std::string text) {
  for (char& c : text) c = (c >= 'A' && c <= 'Z') ? char(c + 32) : c;
  return text;
}

const char* Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "As You Asked";
  }
}

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string DemoRequest::Header(const std::string& lower_name) const {
  for (const auto& [name, value] : headers) {
    if (Lower(name) == lower_name) return value;
  }
  return "";
}

DemoConnection::~DemoConnection() { close(fd_); }

bool DemoConnection::Receive() {
  char bytes[16384];
  ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  input_.append(bytes, size_t(n));
  return true;
}

bool DemoConnection::Send(const char* bytes, size_t size) {
  while (size > 0) {
    ssize_t n = send(fd_, bytes, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes += n;
    size -= size_t(n);
  }
  return true;
}

bool DemoConnection::ReadLine(std::string& line) {
  size_t end;
  while ((end = input_.find("\r\n")) == std::string::npos) {
    if (input_.size() > kLineBytesMax || !Receive()) return false;
  }
  line = input_.substr(0, end);
  input_.erase(0, end + 2);
  return true;
}

bool DemoConnection::ReadBytes(uint64_t size, std::string& out) {
  if (size > kBodyBytesMax || out.size() + size > kBodyBytesMax) return false;
  while (input_.size() < size) {
    if (!Receive()) return false;
  }
  out.append(input_, 0, size);
  input_.erase(0, size);
  return true;
}

bool DemoConnection::ReadChunks(std::string& out) {
  std::string line;
  while (ReadLine(line)) {
    uint64_t size = strtoull(line.c_str(), nullptr, 16);
    if (size == 0) {
      while (ReadLine(line)) {
        if (line.empty()) return true;  // after the trailers
      }
      return false;
    }
    if (!ReadBytes(size, out) || !ReadLine(line)) return false;
  }
  return false;
}

bool DemoConnection::Read(DemoRequest& request) {
  std::string line;
  if (!ReadLine(line)) return false;
  size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string::npos || last <= first) return false;
  request.method = line.substr(0, first);
  std::string target = line.substr(first + 1, last - first - 1);
  size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  request.query = mark == std::string::npos ? "" : target.substr(mark + 1);
  bool http10 = line.substr(last + 1) == "HTTP/1.0";

  while (ReadLine(line) && !line.empty()) {
    size_t colon = line.find(':');
    if (colon == std::string::npos) return false;
    size_t value = line.find_first_not_of(" \t", colon + 1);
    request.headers.emplace_back(line.substr(0, colon),
                                 value == std::string::npos ? "" : line.substr(value));
  }
  if (!line.empty()) return false;

  std::string connection = Lower(request.Header("connection"));
  request.keep_alive = http10 ? connection == "keep-alive" : connection != "close";
  if (strcasecmp(request.Header("expect").c_str(), "100-continue") == 0) {
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!Send(go_on.data(), go_on.size())) return false;
  }
  if (Lower(request.Header("transfer-encoding")) == "chunked") return ReadChunks(request.body);
  std::string length = request.Header("content-length");
  return length.empty() || ReadBytes(strtoull(length.c_str(), nullptr, 10), request.body);
}

bool DemoConnection::SendLetters(uint64_t count) {
  std::string block(26 * 2048, ' ');
  for (size_t i = 0; i < block.size(); i++) block[i] = char('a' + i % 26);
  while (count > 0) {
    size_t n = size_t(std::min<uint64_t>(count, block.size()));
    if (!Send(block.data(), n)) return false;
    count -= n;
  }
  return true;
}

bool DemoConnection::Write(const DemoRequest& request, const DemoResponse& response,
                           const std::string& name) {
  uint64_t length = response.letters > 0 ? response.letters : response.body.size();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + Reason(response.status) +
                     "\r\nX-Backend: " + name + "\r\n";
  if (!HasNoBody(response.status)) {
    head += "Content-Type: " + response.content_type +
            "\r\nContent-Length: " + std::to_string(length) + "\r\n";
  }
  head += request.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  bool with_body = request.method != "HEAD" && !HasNoBody(response.status);
  if (with_body && response.letters == 0) head += response.body;
  if (!Send(head.data(), head.size())) return false;
  return !with_body || response.letters == 0 || SendLetters(response.letters);
}

}  // namespace sluice
