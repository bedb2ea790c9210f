#include "source/net/cares_resolver.h"

#include <ares.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/link.h"

namespace sluice {
namespace {

// For one try; doubled with each further one. Two tries of two servers then take 12 s at most.
constexpr int kFirstTryTimeoutMs = 2000;
constexpr int kTries = 2;
// Of one query; more addresses than any balancer has use for.
constexpr size_t kAddressesMax = 1024;
// Reads of one socket at one event, so that a flood of answers cannot hold the loop.
constexpr int kReadsMax = 64;

int AddressFamily(DnsFamily family) {
  switch (family) {
    case DnsFamily::kV4Only:
      return AF_INET;
    case DnsFamily::kV6Only:
      return AF_INET6;
    case DnsFamily::kAuto:
    case DnsFamily::kV4Preferred:
    case DnsFamily::kAll:
      return AF_UNSPEC;
  }
  return AF_UNSPEC;
}

// Both families are always asked for together, and the preferred one is kept where it has
// something.
void KeepPreferred(DnsFamily family, std::vector<Address>& addresses) {
  if (family != DnsFamily::kAuto && family != DnsFamily::kV4Preferred) return;
  const auto preferred =
      family == DnsFamily::kAuto ? Address::Family::kIpv6 : Address::Family::kIpv4;
  const auto is_preferred = [preferred](const Address& a) { return a.family() == preferred; };
  if (std::none_of(addresses.begin(), addresses.end(), is_preferred)) return;
  std::erase_if(addresses, [&](const Address& a) { return !is_preferred(a); });
}

DnsAnswer MakeAnswer(DnsFamily family, int status, const ares_addrinfo* result) {
  DnsAnswer answer;
  if (status == ARES_SUCCESS && result != nullptr) {
    for (const ares_addrinfo_node* node = result->nodes;
         node != nullptr && answer.addresses.size() < kAddressesMax; node = node->ai_next) {
      answer.addresses.push_back(
          Address::FromSockaddr(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen))
              .WithPort(0));
      const Duration ttl = std::chrono::seconds(node->ai_ttl);
      if (answer.addresses.size() == 1 || ttl < answer.ttl) answer.ttl = ttl;
    }
    KeepPreferred(family, answer.addresses);
  }
  if (!answer.addresses.empty()) return answer;
  const bool absent = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
  const char* const why = ares_strerror(status == ARES_SUCCESS ? ARES_ENODATA : status);
  answer.status = absent ? absl::NotFoundError(why) : absl::UnavailableError(why);
  return answer;
}

}  // namespace

// Owned by c-ares, then by the task that brings the answer.
struct CaresResolver::Request : LinkTarget<Request> {
  CaresResolver& resolver;  // not used by the task, which may come after its end
  const DnsFamily family;
  OnAnswer on_answer;  // empty when nobody wants to know any more
  Request(CaresResolver& resolver, DnsFamily family, OnAnswer on_answer)
      : resolver(resolver), family(family), on_answer(std::move(on_answer)) {}
};

class CaresResolver::OpenQuery final : public Query {
 public:
  explicit OpenQuery(Request& request) : request_(request) {}
  ~OpenQuery() override {
    if (request_) request_->on_answer = nullptr;
  }

 private:
  Link<Request> request_;
};

// One of c-ares's sockets; it says when, by OnSocketState.
class CaresResolver::Socket final : public Deferred, private ReadyObserver {
 public:
  Socket(CaresResolver& resolver, int fd) : resolver_(resolver), fd_(fd) {
    watch_ = resolver.loop_.poller().Watch(fd, WatchMode::kEdgeReadWrite, *this);
  }
  ~Socket() override { Close(); }
  void Close() {
    if (watch_ != nullptr) resolver_.loop_.poller().Unwatch(std::exchange(watch_, nullptr));
  }

 private:
  void OnReady(Readiness ready) override {
    // c-ares expects to be called for as long as there is something; edges come once.
    int left = 0;
    int reads = 0;
    do {
      ares_process_fd(resolver_.channel_, ready.readable ? fd_ : ARES_SOCKET_BAD,
                      ready.writable ? fd_ : ARES_SOCKET_BAD);
    } while (watch_ != nullptr && ready.readable && ++reads < kReadsMax &&
             ioctl(fd_, FIONREAD, &left) == 0 && left > 0);
    resolver_.ArmTimer();
  }

  CaresResolver& resolver_;
  const int fd_;
  PollerWatch* watch_;
};

absl::StatusOr<std::unique_ptr<CaresResolver>> CaresResolver::Create(EventLoop& loop,
                                                                     Options options) {
  const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) return absl::InternalError(ares_strerror(status));
  std::unique_ptr<CaresResolver> resolver(new CaresResolver(loop, std::move(options)));
  const absl::Status opened = resolver->OpenChannel();
  if (!opened.ok()) return opened;
  return resolver;
}

CaresResolver::CaresResolver(EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      timer_(loop, this, kMethod<&CaresResolver::OnTimer>) {}

CaresResolver::~CaresResolver() {
  CloseChannel();
  ares_library_cleanup();
}

absl::Status CaresResolver::OpenChannel() {
  ares_options options = {};
  options.timeout = kFirstTryTimeoutMs;
  options.tries = kTries;
  options.sock_state_cb = &CaresResolver::OnSocketState;
  options.sock_state_cb_data = this;
  int status = ares_init_options(&channel_, &options,
                                 ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  stale_ = false;
  if (status != ARES_SUCCESS) channel_ = nullptr;
  if (status == ARES_SUCCESS && !options_.servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, options_.servers.c_str());
  }
  if (status == ARES_SUCCESS) return absl::OkStatus();
  CloseChannel();
  return absl::UnavailableError(absl::StrCat("DNS resolver: ", ares_strerror(status)));
}

void CaresResolver::CloseChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);  // calls OnAddresses with ARES_EDESTRUCTION
  channel_ = nullptr;
  sockets_.clear();
  timer_.Disarm();
}

std::unique_ptr<Resolver::Query> CaresResolver::Resolve(absl::string_view name, DnsFamily family,
                                                        OnAnswer on_answer) {
  auto request = std::make_unique<Request>(*this, family, std::move(on_answer));
  auto query = std::make_unique<OpenQuery>(*request);
  if (stale_ && under_way_ == 0) CloseChannel();
  if (channel_ == nullptr && !OpenChannel().ok()) {
    Answer(std::move(request), ARES_ENOTINITIALIZED, nullptr);
    return query;
  }
  ares_addrinfo_hints hints = {};
  hints.ai_family = AddressFamily(family);
  hints.ai_flags = ARES_AI_NOSORT;  // sorting opens a socket to every address
  hints.ai_socktype = SOCK_STREAM;  // or each address comes once for every kind
  ++under_way_;
  ares_getaddrinfo(channel_, std::string(name).c_str(), nullptr, &hints,
                   &CaresResolver::OnAddresses, request.release());
  ArmTimer();
  return query;
}

void CaresResolver::OnAddresses(void* argument, int status, int, ares_addrinfo* result) {
  std::unique_ptr<Request> request(static_cast<Request*>(argument));
  CaresResolver& resolver = request->resolver;
  --resolver.under_way_;
  if (status == ARES_ECONNREFUSED || status == ARES_ETIMEOUT) resolver.stale_ = true;
  if (status != ARES_EDESTRUCTION) resolver.Answer(std::move(request), status, result);
  if (result != nullptr) ares_freeaddrinfo(result);
}

// In a task of its own: c-ares may answer from inside its call, the contract says otherwise.
void CaresResolver::Answer(std::unique_ptr<Request> request, int status,
                           const ares_addrinfo* result) {
  DnsAnswer answer = MakeAnswer(request->family, status, result);
  loop_.Post([request = std::move(request), answer = std::move(answer)]() mutable {
    OnAnswer on_answer = std::move(request->on_answer);
    request->BreakLinks();  // the query may go in the call
    if (on_answer) on_answer(std::move(answer));
  });
}

void CaresResolver::OnSocketState(void* argument, int fd, int readable, int writable) {
  auto& resolver = *static_cast<CaresResolver*>(argument);
  if (readable != 0 || writable != 0) {
    std::unique_ptr<Socket>& socket = resolver.sockets_[fd];
    if (socket == nullptr) socket = std::make_unique<Socket>(resolver, fd);
    return;
  }
  // It is about to be closed, perhaps from inside its own OnReady.
  const auto at = resolver.sockets_.find(fd);
  if (at == resolver.sockets_.end()) return;
  at->second->Close();
  resolver.loop_.DeleteLater(std::move(at->second));
  resolver.sockets_.erase(at);
}

void CaresResolver::OnTimer() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  ArmTimer();
}

void CaresResolver::ArmTimer() {
  timeval wait = {};
  if (channel_ == nullptr || ares_timeout(channel_, nullptr, &wait) == nullptr) {
    return timer_.Disarm();
  }
  timer_.Arm(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
}

}  // namespace sluice
