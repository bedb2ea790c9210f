#include "test/scenario/bridge.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

constexpr char kTrailersOn[] = "http_protocol_options: { enable_trailers: true }\n";

std::string Lines(const BridgeFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) absl::StrAppend(&text, name, ": ", value, "\r\n");
  return text;
}

// Body and trailers as HTTP/1 frames them, behind the head's last fields.
std::string Framed(const std::string& body, bool chunked, const BridgeFields& trailers) {
  if (!chunked && trailers.empty()) {
    if (body.empty()) return "\r\n";
    return absl::StrCat("content-length: ", body.size(), "\r\n\r\n", body);
  }
  std::string text = "transfer-encoding: chunked\r\n\r\n";
  if (!body.empty()) absl::StrAppend(&text, absl::Hex(body.size()), "\r\n", body, "\r\n");
  return absl::StrCat(text, "0\r\n", Lines(trailers), "\r\n");
}

BridgeFields Lower(const BridgeFields& fields) {
  BridgeFields lower;
  for (const auto& [name, value] : fields) lower.emplace_back(absl::AsciiStrToLower(name), value);
  return lower;
}

BridgeMessage Neutral(const H1Message& message) {
  BridgeMessage neutral;
  const std::vector<std::string> words = absl::StrSplit(message.start_line, ' ');
  if (absl::StartsWith(message.start_line, "HTTP/")) {
    neutral.fields = {{":status", words.at(1)}};
  } else if (words.size() == 3) {
    neutral.fields = {{":method", words[0]}, {":path", words[1]}};
  }
  for (auto& [name, value] : Lower(message.headers)) {
    neutral.fields.emplace_back(name == "host" ? ":authority" : name, value);
  }
  neutral.body = message.body;
  neutral.trailers = Lower(message.trailers);
  return neutral;
}

BridgeMessage Neutral(const H2Message& message) {
  BridgeMessage neutral{.fields = message.head, .body = message.body, .trailers = message.trailers};
  for (const H2Fields& fields : message.informational) {
    neutral.informational.push_back({.fields = fields});
  }
  return neutral;
}

}  // namespace

std::string BridgeClusterFields(Wire host) {
  const char* const protocol = host == Wire::kHttp2
                                   ? "http2_protocol_options: {}"
                                   : "http_protocol_options: { enable_trailers: true }";
  return absl::StrCat(
      "typed_extension_protocol_options:\n"
      "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
      "    \"@type\": "
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
      "    explicit_http_config: { ",
      protocol, " }\n");
}

std::vector<BridgePair> AllBridgePairs() {
  std::vector<BridgePair> pairs;
  for (const BridgeOver over : {BridgeOver::kPlaintext, BridgeOver::kTls}) {
    for (const Wire client : {Wire::kHttp1, Wire::kHttp2}) {
      for (const Wire host : {Wire::kHttp1, Wire::kHttp2}) pairs.push_back({client, host, over});
    }
  }
  return pairs;
}

std::string BridgePairName(const BridgePair& pair) {
  const auto name = [](Wire wire) { return wire == Wire::kHttp1 ? "Http1" : "Http2"; };
  return absl::StrCat(name(pair.client), "To", name(pair.host),
                      pair.over == BridgeOver::kTls ? "OverTls" : "");
}

bool BridgeMessage::Has(absl::string_view name) const {
  for (const auto& [each, value] : fields) {
    if (each == name) return true;
  }
  return false;
}

std::string BridgeMessage::Get(absl::string_view name) const {
  std::string values;
  for (const auto& [each, value] : fields) {
    if (each == name) absl::StrAppend(&values, values.empty() ? "" : ", ", value);
  }
  return values;
}

int BridgeMessage::status() const {
  int status = 0;
  return absl::SimpleAtoi(Get(":status"), &status) ? status : 0;
}

Bridge::Bridge(const BridgePair& pair, ProxyOptions options, Ends ends) : pair_(pair) {
  options.manager = absl::StrCat(kTrailersOn, options.manager);
  options.cluster = absl::StrCat(BridgeClusterFields(pair.host), options.cluster);
  const bool tls = pair.over == BridgeOver::kTls;
  if (tls) {
    options.filter_chain = tls_.Downstream();
    options.cluster += tls_.Upstream();
  }
  proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(), options);
  if (tls) {
    tls_.LayClients(*proxy_, {pair.client == Wire::kHttp2 ? "h2" : "http/1.1"});
    tls_.LayHost(*proxy_, {pair.host == Wire::kHttp2 ? "h2" : "http/1.1"});
  }
  if (ends == Ends::kNone) return;
  if (pair.host == Wire::kHttp1) {
    h1_host_ = &proxy_->Host([this](const H1Message& request) { return AnswerHttp1(request); });
  } else {
    h2_host_ = std::make_unique<H2Server>(
        proxy_->world(), ProxyFixture::HostAddress(0, 0),
        [this](const H2Message& request) { return AnswerHttp2(request); });
  }
  if (pair.client == Wire::kHttp1) {
    h1_client_ = &proxy_->Client();
  } else {
    h2_client_ = std::make_unique<H2Client>(proxy_->world(), proxy_->listener_address());
  }
}

void Bridge::Answer(const BridgeAnswer& answer) {
  on_request_ = [answer](const BridgeMessage&) { return answer; };
}

// ---- The host.

H1Answer Bridge::AnswerHttp1(const H1Message& request) {
  requests_.push_back(Neutral(request));
  if (instead_ == Instead::kCloses) return {.bytes = "", .then = H1Answer::Then::kFin};
  if (instead_ == Instead::kAnswersNonsense) return {.bytes = "HTTP/1.1 2x0 OK\r\n\r\n"};
  if (!on_request_) return {};
  const BridgeAnswer answer = on_request_(requests_.back());
  std::string bytes;
  for (const auto& [status, fields] : answer.informational) {
    absl::StrAppend(&bytes, "HTTP/1.1 ", status, " Interim\r\n", Lines(fields), "\r\n");
  }
  absl::StrAppend(&bytes, "HTTP/1.1 ", answer.status, " Whatever\r\n", Lines(answer.fields));
  const bool head = requests_.back().Get(":method") == "HEAD";
  if (head || answer.status == 204 || answer.status == 304) {
    absl::StrAppend(&bytes, "\r\n");
  } else if (answer.body.empty() && answer.trailers.empty() && !answer.chunked) {
    absl::StrAppend(&bytes, "content-length: 0\r\n\r\n");
  } else {
    absl::StrAppend(&bytes, Framed(answer.body, answer.chunked, answer.trailers));
  }
  return {.bytes = bytes};
}

H2Answer Bridge::AnswerHttp2(const H2Message& request) {
  requests_.push_back(Neutral(request));
  H2Endpoint& wire = h2_host_->connection(0);
  if (instead_ == Instead::kCloses) {
    wire.peer().SendFin();
    return {};
  }
  if (instead_ == Instead::kAnswersNonsense) return {.head = {{":status", "2x0"}}};
  if (!on_request_) return {};
  const BridgeAnswer answer = on_request_(requests_.back());
  for (const auto& [status, fields] : answer.informational) {
    H2Fields head = {{":status", absl::StrCat(status)}};
    head.insert(head.end(), fields.begin(), fields.end());
    wire.SendHead(request.stream, head, End::kNo);
  }
  H2Answer out = H2Answer::Of(answer.status, answer.body, answer.fields);
  if (!answer.body.empty() && !answer.chunked && answer.trailers.empty()) {
    out.head.emplace_back("content-length", absl::StrCat(answer.body.size()));
  }
  out.trailers = answer.trailers;
  return out;
}

// ---- The client.

void Bridge::Get(const std::string& path, const BridgeFields& fields) {
  Ask({.path = path, .fields = fields});
}

void Bridge::Ask(const BridgeRequest& request) {
  if (h1_client_ != nullptr) {
    if (request.method == "HEAD") h1_client_->ExpectNoBody();
    h1_client_->Send(absl::StrCat(request.method, " ", request.path,
                                  " HTTP/1.1\r\nhost: a.test\r\n", Lines(request.fields),
                                  Framed(request.body, request.chunked, request.trailers)));
    return proxy_->Run();
  }
  H2Fields head = {{":method", request.method},
                   {":scheme", pair_.over == BridgeOver::kTls ? "https" : "http"},
                   {":authority", "a.test"},
                   {":path", request.path}};
  head.insert(head.end(), request.fields.begin(), request.fields.end());
  if (!request.body.empty() && !request.chunked && request.trailers.empty()) {
    head.emplace_back("content-length", absl::StrCat(request.body.size()));
  }
  const bool more = !request.body.empty() || !request.trailers.empty();
  streams_.push_back(h2_client_->Start(head, more ? End::kNo : End::kYes));
  const End end = request.trailers.empty() ? End::kYes : End::kNo;
  if (!request.body.empty()) h2_client_->wire().SendData(streams_.back(), request.body, end);
  if (!request.trailers.empty()) {
    h2_client_->wire().SendTrailers(streams_.back(), request.trailers);
  }
  proxy_->Run();
}

void Bridge::GiveUp() {
  constexpr uint32_t kCancel = 8;
  if (h1_client_ != nullptr) {
    h1_client_->Close();
  } else {
    h2_client_->wire().Reset(streams_.back(), kCancel);
  }
  // A connection whose request was there when it was accepted is watched a little later.
  proxy_->Advance(std::chrono::milliseconds(10));
}

BridgeMessage Bridge::response(size_t index) const {
  if (h2_client_ != nullptr) return Neutral(h2_client_->response(streams_.at(index)));
  std::vector<BridgeMessage> informational;
  size_t nth = 0;
  for (const H1Message& message : h1_client_->responses()) {
    if (message.status() < 200) {
      informational.push_back(Neutral(message));
    } else if (nth++ == index) {
      BridgeMessage response = Neutral(message);
      response.informational = std::move(informational);
      return response;
    } else {
      informational.clear();
    }
  }
  const H1Message& partial = h1_client_->reader().partial();
  return partial.start_line.empty() ? BridgeMessage() : Neutral(partial);
}

bool Bridge::complete(size_t index) const {
  if (h2_client_ != nullptr) {
    const H2Message& message = h2_client_->response(streams_.at(index));
    return message.complete && !message.reset.has_value();
  }
  size_t finals = 0;
  for (const H1Message& message : h1_client_->responses()) finals += message.status() >= 200;
  return finals > index;
}

bool Bridge::host_was_told() const {
  if (h1_host_ != nullptr) return h1_host_->connections_open() == 0;
  const auto& messages = h2_host_->connection(0).messages();
  return !messages.empty() && messages.rbegin()->second.reset == uint32_t{8};
}

}  // namespace sluice
