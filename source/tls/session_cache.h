// SessionCache: TLS sessions with hosts, to be resumed; one worker's. By a key that says with whom
// and on what terms a session was agreed on. Bounded: so many of a key, the oldest first to go, and
// so many keys, the one unused for longest first to go.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "openssl/ssl.h"

namespace sluice {

class SessionCache {
 public:
  static constexpr size_t kKeysMax = 1024;

  explicit SessionCache(size_t of_key_max) : of_key_max_(of_key_max) {}

  void Put(absl::string_view key, bssl::UniquePtr<SSL_SESSION> session);
  // Null: there is none. A session of TLS 1.3 is given out once (RFC 8446 appendix C.4).
  bssl::UniquePtr<SSL_SESSION> Get(absl::string_view key);
  size_t keys() const { return by_key_.size(); }

 private:
  struct Entry {
    std::string key;
    std::deque<bssl::UniquePtr<SSL_SESSION>> sessions;  // the newest first
  };
  const size_t of_key_max_;
  std::list<Entry> entries_;  // the one used last first
  absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace sluice
