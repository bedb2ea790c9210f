// Just enough HTTP/1.1 for a demo backend: blocking, one thread per connection. It trusts the proxy
// in front of it, so it is no model for a server that faces the world.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

struct DemoRequest {
  std::string method;
  std::string path;   // without the query
  std::string query;  // without the question mark
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = true;

  // The first value of a header, "" without one. `lower_name` is in lower case.
  std::string Header(const std::string& lower_name) const;
};

struct DemoResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  uint64_t letters = 0;  // instead of `body`: that many bytes of the alphabet, over and over
};

// Owns the socket.
class DemoConnection {
 public:
  explicit DemoConnection(int fd) : fd_(fd) {}
  ~DemoConnection();
  DemoConnection(const DemoConnection&) = delete;
  DemoConnection& operator=(const DemoConnection&) = delete;

  // False: the peer has gone, or has sent what this is no match for.
  bool Read(DemoRequest& request);
  bool Write(const DemoRequest& request, const DemoResponse& response, const std::string& name);

 private:
  bool Receive();
  bool Send(const char* bytes, size_t size);
  bool ReadLine(std::string& line);
  bool ReadBytes(uint64_t size, std::string& out);
  bool ReadChunks(std::string& out);
  bool SendLetters(uint64_t count);

  int fd_;
  std::string input_;  // received, not yet used
};

}  // namespace sluice
