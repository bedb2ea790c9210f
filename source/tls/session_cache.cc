#include "source/tls/session_cache.h"

#include <utility>

#include "openssl/ssl.h"

namespace sluice {

void SessionCache::Put(absl::string_view key, bssl::UniquePtr<SSL_SESSION> session) {
  if (of_key_max_ == 0) return;
  auto at = by_key_.find(key);
  if (at == by_key_.end()) {
    if (entries_.size() >= kKeysMax) {
      by_key_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({std::string(key), {}});
    at = by_key_.emplace(entries_.front().key, entries_.begin()).first;
  } else {
    entries_.splice(entries_.begin(), entries_, at->second);
  }
  std::deque<bssl::UniquePtr<SSL_SESSION>>& sessions = at->second->sessions;
  sessions.push_front(std::move(session));
  if (sessions.size() > of_key_max_) sessions.pop_back();
}

bssl::UniquePtr<SSL_SESSION> SessionCache::Get(absl::string_view key) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end() || at->second->sessions.empty()) return nullptr;
  entries_.splice(entries_.begin(), entries_, at->second);
  std::deque<bssl::UniquePtr<SSL_SESSION>>& sessions = at->second->sessions;
  if (SSL_SESSION_should_be_single_use(sessions.front().get()) == 0) {
    return bssl::UpRef(sessions.front());
  }
  bssl::UniquePtr<SSL_SESSION> taken = std::move(sessions.front());
  sessions.pop_front();
  return taken;
}

}  // namespace sluice
