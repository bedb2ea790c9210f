// ChannelSpec: where a gRPC server is and how to speak to it, as values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/base/units.h"
#include "source/event/event_loop.h"
#include "source/grpc/message_stream.h"

namespace sluice {

// What a certificate is for, as it stands there, by its type.
struct CertificateName {
  enum class Type : uint8_t { kDns, kUri, kIp };
  Type type = Type::kDns;
  std::string text;
};

// Certificates in PEM. An empty one is not given.
struct ChannelTls {
  // Who may vouch for the server. Unset: nobody needs to, whoever it is, is believed; empty: nobody
  // can, and no server is believed.
  std::optional<std::string> roots;
  std::string certificate, key;
  // What the server's certificate must be for, any of them; empty: any that the roots vouch for.
  std::vector<CertificateName> names;
  // Not for those, but for the host that is called: `sni`, or else the target's.
  bool must_be_host = false;
  std::string sni;
};

struct ChannelSpec {
  // "ipv4:10.0.0.1:18000,10.0.0.2:18000", "dns:///control.test:18000", "unix:/run/xds".
  std::string target;
  std::string authority;  // of every call; empty: gRPC's choice
  std::optional<ChannelTls> tls;
  std::vector<std::pair<std::string, std::string>> metadata;  // of every call
  // Of one message that comes; what is beyond it ends the stream. A whole configuration comes in
  // one.
  int message_bytes_max = 256 * 1024 * 1024;
  // HTTP/2 pings while a call is open; zero: none.
  Duration keepalive_interval{}, keepalive_timeout{};
};

// What main gives the program: gRPC itself, or in tests a stand-in. For use on the loop's thread.
using OpenMessageChannel =
    std::function<std::unique_ptr<MessageChannel>(EventLoop& loop, ChannelSpec spec)>;

}  // namespace sluice
