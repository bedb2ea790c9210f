// Upgrade: a request to leave HTTP, as one notion for both of its forms: the Upgrade field of
// HTTP/1.1 (RFC 9110 section 7.8) and extended CONNECT of HTTP/2 (RFC 8441); and whether a
// configuration lets it. Pure; any thread.
//
// Inside the proxy an upgrade has one form, HTTP/1.1's, whatever its two connections speak: GET
// with Upgrade, answered by 101. So filters, routes and logs need to know no other. What HTTP/2
// says instead is put in its place where the wire begins.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/http/codec.h"
#include "source/http/headers.h"

namespace sluice {

enum class UpgradeForm : uint8_t {
  kNone,
  kField,            // Upgrade and Connection
  kExtendedConnect,  // CONNECT with :protocol
  kConnect,          // plain CONNECT
};

struct UpgradeAsked {
  UpgradeForm form = UpgradeForm::kNone;
  absl::string_view type;  // "websocket", as it was written; "CONNECT" for kConnect
};

// What `request` asks for. HTTP/1.0 cannot ask, nor can the Upgrade field in HTTP/2. An offer to go
// on in h2c is none: the proxy is free not to take it (RFC 9113 section 3.1 has dropped it). Of
// several protocols in one field it is "websocket", or else the first.
UpgradeAsked FindUpgrade(const Headers& request, HttpProtocol protocol);

// Upgrade and Connection as a request for `type` has them. For a message that RemoveHopByHop has
// gone over.
void SetUpgradeFields(absl::string_view type, Headers& headers);

// Of HTTP/2 to the form inside, and back. A request's `type` is that of FindUpgrade. What only
// HTTP/1's handshake of WebSocket needs (Sec-WebSocket-Key, Sec-WebSocket-Accept) is taken off on
// the way out, and missing on the way in (RFC 8441 section 5).
void TakeExtendedConnect(Headers& request, absl::string_view type);
void TakeExtendedConnectAnswer(Headers& response, absl::string_view type);
void MakeExtendedConnect(Headers& request, absl::string_view type);
void MakeExtendedConnectAnswer(Headers& response);

// upgrade_configs of a connection manager or of a route.
struct UpgradeRule {
  std::string type;  // compared in any case
  bool enabled = true;
};

struct UpgradeDecision {
  bool allowed = false;
  // Those of the type; null where there are none. The manager's chain of filters for upgrades and
  // the route's connect_config hang on them, whoever decided.
  const UpgradeRule* manager_rule = nullptr;
  const UpgradeRule* route_rule = nullptr;
};

// The route's rule decides, else the manager's. Where neither has one, "websocket" is allowed (as
// nobody should have to turn it on; Envoy denies it) and everything else, CONNECT first of all, is
// not.
UpgradeDecision DecideUpgrade(absl::string_view type, absl::Span<const UpgradeRule> manager,
                              absl::Span<const UpgradeRule> route);

}  // namespace sluice
