// CaresResolver: DNS by c-ares, on the main thread's loop: hosts file and name servers as the
// system's resolv.conf and nsswitch.conf say; no thread, nothing blocks but the reading of those
// files.
//
// Main thread. The configuration is read at start, and again after a server could not be reached.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/net/resolver.h"

struct ares_channeldata;
struct ares_addrinfo;

namespace sluice {

class CaresResolver final : public Resolver {
 public:
  struct Options {
    // "10.0.0.53:53,[2001:db8::53]:53" instead of the system's name servers; empty: the system's.
    std::string servers;
  };
  static absl::StatusOr<std::unique_ptr<CaresResolver>> Create(EventLoop& loop, Options options);
  static absl::StatusOr<std::unique_ptr<CaresResolver>> Create(EventLoop& loop) {
    return Create(loop, Options());
  }
  ~CaresResolver() override;  // queries under way are not answered

  std::unique_ptr<Query> Resolve(absl::string_view name, DnsFamily family,
                                 OnAnswer on_answer) override;

 private:
  struct Request;
  class OpenQuery;
  class Socket;

  CaresResolver(EventLoop& loop, Options options);
  absl::Status OpenChannel();
  void CloseChannel();
  static void OnSocketState(void* resolver, int fd, int readable, int writable);
  static void OnAddresses(void* request, int status, int timeouts, ares_addrinfo* result);
  void Answer(std::unique_ptr<Request> request, int status, const ares_addrinfo* result);
  void OnTimer();
  void ArmTimer();

  EventLoop& loop_;
  const Options options_;
  ares_channeldata* channel_ = nullptr;
  Timer timer_;
  absl::flat_hash_map<int, std::unique_ptr<Socket>> sockets_;
  size_t under_way_ = 0;
  bool stale_ = false;  // the channel is to be opened anew when nothing is under way
};

}  // namespace sluice
