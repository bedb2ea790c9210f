// PassedMessage: an HTTP message as it came out of something, piece by piece. For tests to read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/base/units.h"
#include "source/http/headers.h"

namespace sluice {

class PassedMessage {
 public:
  void AddHead(const Headers& headers, End end);
  void AddData(const Buffer& data, End end);
  void AddTrailers(const Headers& headers);

  bool started() const { return !pieces_.empty(); }
  bool ended() const { return ended_; }
  // Of the head: values of that name joined by ", "; empty where there is none.
  std::string header(absl::string_view name) const { return Join(head_, name); }
  bool has_header(absl::string_view name) const;
  std::string trailer(absl::string_view name) const { return Join(trailers_, name); }
  const std::string& body() const { return body_; }
  // "headers", "data 'abc'", "trailers", the last with " end".
  const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  using List = std::vector<std::pair<std::string, std::string>>;
  static std::string Join(const List& list, absl::string_view name);
  static void Copy(const Headers& headers, List& list);
  void AddPiece(std::string piece, End end);

  List head_, trailers_;
  std::string body_;
  std::vector<std::string> pieces_;
  bool ended_ = false;
};

}  // namespace sluice
