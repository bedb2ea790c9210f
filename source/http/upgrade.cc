#include "source/http/upgrade.h"

#include "absl/strings/match.h"
#include "source/http/message_rules.h"

namespace sluice {
namespace {

constexpr absl::string_view kWebSocket = "websocket";

UpgradeAsked FindInFields(const Headers& request) {
  if (!ListsToken(request, HeaderId::kConnection, "upgrade")) return {};
  UpgradeAsked asked;
  for (const Header& header : request) {
    if (header.id != HeaderId::kUpgrade) continue;
    ForEachListElement(header.value, [&asked](absl::string_view type) {
      if (absl::EqualsIgnoreCase(type, "h2c")) return;
      const bool first = asked.form == UpgradeForm::kNone;
      if (first || absl::EqualsIgnoreCase(type, kWebSocket)) asked = {UpgradeForm::kField, type};
    });
  }
  return asked;
}

const UpgradeRule* Find(absl::Span<const UpgradeRule> rules, absl::string_view type) {
  for (const UpgradeRule& rule : rules) {
    if (absl::EqualsIgnoreCase(rule.type, type)) return &rule;
  }
  return nullptr;
}

}  // namespace

UpgradeAsked FindUpgrade(const Headers& request, HttpProtocol protocol) {
  if (request.Get(HeaderId::kMethod) == "CONNECT") {
    const Header* const extended = request.Find(HeaderId::kProtocol);
    if (extended != nullptr) return {UpgradeForm::kExtendedConnect, extended->value};
    return {UpgradeForm::kConnect, "CONNECT"};
  }
  if (protocol != HttpProtocol::kHttp11 || !request.Has(HeaderId::kUpgrade)) return {};
  return FindInFields(request);
}

void SetUpgradeFields(absl::string_view type, Headers& headers) {
  headers.SetReference(HeaderId::kConnection, "upgrade");
  headers.SetReference(HeaderId::kUpgrade, type);
}

void TakeExtendedConnect(Headers& request, absl::string_view type) {
  request.SetReference(HeaderId::kMethod, "GET");
  request.Remove(HeaderId::kProtocol);
  SetUpgradeFields(type, request);
}

void TakeExtendedConnectAnswer(Headers& response, absl::string_view type) {
  response.SetReference(HeaderId::kStatus, "101");
  SetUpgradeFields(type, response);
}

void MakeExtendedConnect(Headers& request, absl::string_view type) {
  request.SetReference(HeaderId::kMethod, "CONNECT");
  request.AddReference(HeaderId::kProtocol, type);
  // A handshake over HTTP/1 may say that it has no content; CONNECT has none to speak of.
  for (const HeaderId id : {HeaderId::kConnection, HeaderId::kUpgrade, HeaderId::kSecWebsocketKey,
                            HeaderId::kContentLength}) {
    request.Remove(id);
  }
}

void MakeExtendedConnectAnswer(Headers& response) {
  response.SetReference(HeaderId::kStatus, "200");
  for (const HeaderId id :
       {HeaderId::kConnection, HeaderId::kUpgrade, HeaderId::kSecWebsocketAccept}) {
    response.Remove(id);
  }
}

UpgradeDecision DecideUpgrade(absl::string_view type, absl::Span<const UpgradeRule> manager,
                              absl::Span<const UpgradeRule> route) {
  UpgradeDecision decision{.manager_rule = Find(manager, type), .route_rule = Find(route, type)};
  const UpgradeRule* const rule =
      decision.route_rule != nullptr ? decision.route_rule : decision.manager_rule;
  decision.allowed = rule != nullptr ? rule->enabled : absl::EqualsIgnoreCase(type, kWebSocket);
  return decision;
}

}  // namespace sluice
