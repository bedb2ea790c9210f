// ReadClientHello: what a TLS client says in the clear before anything is agreed on: the server's
// name and the protocols it offers. Pure: bytes in, facts out; for peeking at a connection before
// it is known who is to serve it, and for choosing certificates. Any thread.
//
// The bytes are the connection's first ones. Called again with more of them, from the first one
// on, while it says kNeedMore; a call costs no more than a look at each record's header until the
// message is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct ClientHelloFacts {
  std::string server_name;                         // in lower case; empty: none was sent
  std::vector<std::string> application_protocols;  // ALPN, in the client's order
};

struct ClientHelloLimits {
  // Of the records that hold the message. Browsers send less than 2 KiB, with post-quantum keys
  // less than 4 KiB; what is longer is no one's first message.
  size_t bytes_max = 16 * 1024;
};

enum class HelloState : uint8_t {
  kNeedMore,
  kDone,
  kNotTls,     // the first bytes are not those of a TLS handshake record
  kMalformed,  // TLS, but not a ClientHello as RFC 8446 section 4.1.2 and RFC 5246 7.4.1.2 have it
  kTooLarge,   // it says it is longer than the limit, or is not whole at the limit
};

// `facts` is filled with kDone only.
HelloState ReadClientHello(absl::string_view bytes, ClientHelloFacts& facts,
                           const ClientHelloLimits& limits = {});

}  // namespace sluice
