// The table of command operators: each row is a name, what its parentheses hold, and how its value
// is written. Envoy's documentation of access logging says what each of them means.
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "source/accesslog/format_operator.h"
#include "source/accesslog/response_flags.h"
#include "source/accesslog/tls_operators.h"
#include "source/accesslog/tunnel_operators.h"
#include "source/base/json_text.h"

namespace sluice {
namespace {

using Op = FormatOperator;
using Context = FormatContext;

bool AppendNonEmpty(absl::string_view text, std::string& out) {
  out.append(text.data(), text.size());
  return !text.empty();
}

// Details may hold a system's error text; Envoy keeps a log line's fields apart by replacing
// spaces.
bool AppendWithoutSpaces(absl::string_view text, std::string& out) {
  const size_t start = out.size();
  out.append(text.data(), text.size());
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), ' ', '_');
  return !text.empty();
}

bool AppendNumber(uint64_t number, std::string& out) {
  absl::StrAppend(&out, number);
  return true;
}

// Milliseconds from `from` to `to`; absent when one of them did not happen.
bool AppendInterval(MonotonicTime from, MonotonicTime to, std::string& out) {
  if (from == MonotonicTime{} || to == MonotonicTime{}) return false;
  absl::StrAppend(&out, std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
  return true;
}

enum class AddressPart : uint8_t { kAll, kIp, kPort };

bool AppendAddress(const Address* address, AddressPart part, std::string& out) {
  if (address == nullptr || address->family() == Address::Family::kNone) return false;
  if (part == AddressPart::kPort) return address->is_ip() && AppendNumber(address->port(), out);
  char text[Address::kTextBytesMax];
  const bool with_port = part == AddressPart::kAll || !address->is_ip();
  return AppendNonEmpty({text, with_port ? address->WriteText(text) : address->WriteIpText(text)},
                        out);
}

const Address* DirectRemote(const Context& context) {
  const DownstreamFacts* downstream = context.info.downstream;
  if (downstream == nullptr || downstream->io == nullptr) return nullptr;
  return &downstream->io->peer_address();
}

const Address* Remote(const Context& context) {
  const Address& remote = context.info.remote_address;
  if (remote.family() != Address::Family::kNone) return &remote;
  const DownstreamFacts* downstream = context.info.downstream;
  if (downstream == nullptr || downstream->io == nullptr) return nullptr;
  return &downstream->remote_address();
}

const Address* Local(const Context& context) {
  const DownstreamFacts* downstream = context.info.downstream;
  if (downstream == nullptr || downstream->io == nullptr) return nullptr;
  return &downstream->local_address();
}

// Of a host that is known by its name: where this connection went.
const Address* UpstreamHost(const Context& context) {
  const StreamInfo& info = context.info;
  return info.upstream_address != nullptr ? info.upstream_address : info.upstream_host;
}
const Address* UpstreamLocal(const Context& context) {
  return context.info.upstream_local_address();
}

template <const Address* (*Of)(const Context&), AddressPart Part>
bool AddressOp(const Op&, const Context& context, std::string& out) {
  return AppendAddress(Of(context), Part, out);
}

// Operators over one field of StreamInfo.
template <auto Field>
bool NumberOp(const Op&, const Context& context, std::string& out) {
  return AppendNumber(context.info.*Field, out);
}
template <auto Field>
bool TextOp(const Op&, const Context& context, std::string& out) {
  return AppendNonEmpty(context.info.*Field, out);
}
template <auto Field>
bool SpacelessOp(const Op&, const Context& context, std::string& out) {
  return AppendWithoutSpaces(context.info.*Field, out);
}
template <auto To>
bool SinceStartOp(const Op&, const Context& context, std::string& out) {
  return AppendInterval(context.info.start, context.info.*To, out);
}

bool AppendHeader(const Op& op, const Headers* headers, std::string& out) {
  if (headers == nullptr) return false;
  const Header* header = op.header.FindIn(*headers);
  if (header == nullptr && !op.alternative.empty()) header = op.alternative.FindIn(*headers);
  if (header == nullptr) return false;
  out.append(header->value.data(), header->value.size());
  return true;
}

bool RequestHeaderOp(const Op& op, const Context& context, std::string& out) {
  return AppendHeader(op, context.request, out);
}

bool RequestHeaderWithoutQueryOp(const Op& op, const Context& context, std::string& out) {
  const size_t start = out.size();
  if (!AppendHeader(op, context.request, out)) return false;
  const size_t query = out.find('?', start);
  if (query != std::string::npos) out.resize(query);
  return true;
}

bool ResponseHeaderOp(const Op& op, const Context& context, std::string& out) {
  return AppendHeader(op, context.response, out);
}

bool TrailerOp(const Op& op, const Context& context, std::string& out) {
  return AppendHeader(op, context.response_trailers, out);
}

bool StartTimeOp(const Op& op, const Context& context, std::string& out) {
  op.time->Append(context.info.start_wall, out);
  return true;
}

bool EmitTimeOp(const Op& op, const Context& context, std::string& out) {
  op.time->Append(context.now, out);
  return true;
}

bool ProtocolOp(const Op&, const Context& context, std::string& out) {
  return AppendNonEmpty(HttpProtocolText(context.info.protocol), out);
}

bool UpstreamProtocolOp(const Op&, const Context& context, std::string& out) {
  if (context.info.upstream_host == nullptr) return false;
  return AppendNonEmpty(HttpProtocolText(context.info.upstream_protocol), out);
}

bool ResponseFlagsOp(const Op&, const Context& context, std::string& out) {
  AppendResponseFlags(context.info.flags, out);
  return context.info.flags.any();
}

bool ResponseFlagsLongOp(const Op&, const Context& context, std::string& out) {
  AppendResponseFlagsLong(context.info.flags, out);
  return context.info.flags.any();
}

bool ResponseTxDurationOp(const Op&, const Context& context, std::string& out) {
  return AppendInterval(context.info.response_start, context.info.end, out);
}

bool ConnectionIdOp(const Op&, const Context& context, std::string& out) {
  return context.info.downstream != nullptr &&
         AppendNumber(context.info.downstream->connection_id, out);
}

// Envoy's stream id is its request id, the text that crosses processes; ours is the fallback.
bool StreamIdOp(const Op&, const Context& context, std::string& out) {
  const Header* id =
      context.request == nullptr ? nullptr : context.request->Find(HeaderId::kXRequestId);
  return id == nullptr ? AppendNumber(context.info.stream_id, out) : AppendNonEmpty(id->value, out);
}

bool AccessLogTypeOp(const Op&, const Context& context, std::string& out) {
  return AppendNonEmpty(AccessLogTypeText(context.type), out);
}

bool LocalReplyBodyOp(const Op&, const Context& context, std::string& out) {
  out.append(context.local_reply_body.data(), context.local_reply_body.size());
  return true;
}

// HOSTNAME and ENVIRONMENT: looked up when the format was read.
bool ConstantOp(const Op& op, const Context&, std::string& out) {
  return AppendNonEmpty(op.text, out);
}

// What listener filters have set. Values are text, so that nothing is below them.
bool DynamicMetadataOp(const Op& op, const Context& context, std::string& out) {
  const DownstreamFacts* const downstream = context.info.downstream;
  if (downstream == nullptr || downstream->accepted == nullptr || op.path.size() > 2) return false;
  const bool whole = op.path.size() == 1;
  bool any = false;
  for (const DynamicMetadata& entry : downstream->accepted->metadata) {
    if (entry.space != op.path.front()) continue;
    if (!whole && entry.key == op.path[1]) return AppendNonEmpty(entry.value, out);
    if (!whole) continue;
    out += any ? ',' : '{';
    AppendJsonString(entry.key, out);
    out += ':';
    AppendJsonString(entry.value, out);
    any = true;
  }
  if (any) out += '}';
  return any;
}

bool AbsentOp(const Op&, const Context&, std::string&) { return false; }

constexpr auto kNone = OperatorArgument::kNone;
constexpr auto kHeaders = OperatorArgument::kHeaders;
constexpr auto kTime = OperatorArgument::kTime;
constexpr auto kUnevaluated = OperatorArgument::kUnevaluated;
constexpr bool kNumber = true;
constexpr bool kText = false;
constexpr auto kAll = AddressPart::kAll;
constexpr auto kIp = AddressPart::kIp;
constexpr auto kPort = AddressPart::kPort;

// clang-format off
constexpr OperatorKind kKinds[] = {
    {"ACCESS_LOG_TYPE", kNone, kText, AccessLogTypeOp},
    {"BYTES_RECEIVED", kNone, kNumber, NumberOp<&StreamInfo::request_body_bytes>},
    {"BYTES_SENT", kNone, kNumber, NumberOp<&StreamInfo::response_body_bytes>},
    {"CONNECTION_ID", kNone, kNumber, ConnectionIdOp},
    {"CONNECTION_TERMINATION_DETAILS", kNone, kText, TextOp<&StreamInfo::connection_termination_details>},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", kNone, kText, AddressOp<DirectRemote, kAll>},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", kNone, kText, AddressOp<DirectRemote, kIp>},
    {"DOWNSTREAM_DIRECT_REMOTE_PORT", kNone, kNumber, AddressOp<DirectRemote, kPort>},
    {"DOWNSTREAM_HEADER_BYTES_RECEIVED", kNone, kNumber, NumberOp<&StreamInfo::downstream_header_bytes_received>},
    {"DOWNSTREAM_HEADER_BYTES_SENT", kNone, kNumber, NumberOp<&StreamInfo::downstream_header_bytes_sent>},
    {"DOWNSTREAM_LOCAL_ADDRESS", kNone, kText, AddressOp<Local, kAll>},
    {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNone, kText, AddressOp<Local, kIp>},
    {"DOWNSTREAM_LOCAL_PORT", kNone, kNumber, AddressOp<Local, kPort>},
    {"DOWNSTREAM_REMOTE_ADDRESS", kNone, kText, AddressOp<Remote, kAll>},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNone, kText, AddressOp<Remote, kIp>},
    {"DOWNSTREAM_REMOTE_PORT", kNone, kNumber, AddressOp<Remote, kPort>},
    {"DOWNSTREAM_WIRE_BYTES_RECEIVED", kNone, kNumber, NumberOp<&StreamInfo::downstream_wire_bytes_received>},
    {"DOWNSTREAM_WIRE_BYTES_SENT", kNone, kNumber, NumberOp<&StreamInfo::downstream_wire_bytes_sent>},
    {"DURATION", kNone, kNumber, SinceStartOp<&StreamInfo::end>},
    {"DYNAMIC_METADATA", OperatorArgument::kMetadata, kText, DynamicMetadataOp},
    {"EMIT_TIME", kTime, kText, EmitTimeOp},
    {"ENVIRONMENT", OperatorArgument::kVariable, kText, ConstantOp},
    {"FILTER_STATE", kUnevaluated, kText, AbsentOp},
    {"HOSTNAME", OperatorArgument::kHostName, kText, ConstantOp},
    {"LOCAL_REPLY_BODY", kNone, kText, LocalReplyBodyOp},
    {"PROTOCOL", kNone, kText, ProtocolOp},
    {"REQ", kHeaders, kText, RequestHeaderOp},
    {"REQUEST_DURATION", kNone, kNumber, SinceStartOp<&StreamInfo::request_complete>},
    {"REQUEST_TX_DURATION", kNone, kNumber, SinceStartOp<&StreamInfo::upstream_request_end>},
    {"REQ_WITHOUT_QUERY", kHeaders, kText, RequestHeaderWithoutQueryOp},
    {"RESP", kHeaders, kText, ResponseHeaderOp},
    {"RESPONSE_CODE", kNone, kNumber, NumberOp<&StreamInfo::response_code>},
    {"RESPONSE_CODE_DETAILS", kNone, kText, SpacelessOp<&StreamInfo::response_code_details>},
    {"RESPONSE_DURATION", kNone, kNumber, SinceStartOp<&StreamInfo::response_start>},
    {"RESPONSE_FLAGS", kNone, kText, ResponseFlagsOp},
    {"RESPONSE_FLAGS_LONG", kNone, kText, ResponseFlagsLongOp},
    {"RESPONSE_TX_DURATION", kNone, kNumber, ResponseTxDurationOp},
    {"ROUTE_NAME", kNone, kText, TextOp<&StreamInfo::route_name>},
    {"START_TIME", kTime, kText, StartTimeOp},
    {"STREAM_ID", kNone, kText, StreamIdOp},
    {"TRAILER", kHeaders, kText, TrailerOp},
    {"UPSTREAM_CLUSTER", kNone, kText, TextOp<&StreamInfo::upstream_cluster>},
    {"UPSTREAM_CLUSTER_RAW", kNone, kText, TextOp<&StreamInfo::upstream_cluster>},
    {"UPSTREAM_HEADER_BYTES_RECEIVED", kNone, kNumber, NumberOp<&StreamInfo::upstream_header_bytes_received>},
    {"UPSTREAM_HEADER_BYTES_SENT", kNone, kNumber, NumberOp<&StreamInfo::upstream_header_bytes_sent>},
    {"UPSTREAM_HOST", kNone, kText, AddressOp<UpstreamHost, kAll>},
    {"UPSTREAM_LOCAL_ADDRESS", kNone, kText, AddressOp<UpstreamLocal, kAll>},
    {"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNone, kText, AddressOp<UpstreamLocal, kIp>},
    {"UPSTREAM_LOCAL_PORT", kNone, kNumber, AddressOp<UpstreamLocal, kPort>},
    {"UPSTREAM_PROTOCOL", kNone, kText, UpstreamProtocolOp},
    {"UPSTREAM_REMOTE_ADDRESS", kNone, kText, AddressOp<UpstreamHost, kAll>},
    {"UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNone, kText, AddressOp<UpstreamHost, kIp>},
    {"UPSTREAM_REMOTE_PORT", kNone, kNumber, AddressOp<UpstreamHost, kPort>},
    {"UPSTREAM_REQUEST_ATTEMPT_COUNT", kNone, kNumber, NumberOp<&StreamInfo::attempts>},
    {"UPSTREAM_TRANSPORT_FAILURE_REASON", kNone, kText, SpacelessOp<&StreamInfo::upstream_transport_failure_reason>},
    {"UPSTREAM_WIRE_BYTES_RECEIVED", kNone, kNumber, NumberOp<&StreamInfo::upstream_wire_bytes_received>},
    {"UPSTREAM_WIRE_BYTES_SENT", kNone, kNumber, NumberOp<&StreamInfo::upstream_wire_bytes_sent>},
    {"VIRTUAL_CLUSTER_NAME", kNone, kText, AbsentOp},
};
// clang-format on

}  // namespace

bool FormatOperator::Append(const FormatContext& context, std::string& out) const {
  if (evaluate == nullptr) {
    out += text;
    return true;
  }
  const size_t start = out.size();
  const bool present = evaluate(*this, context, out);
  if (out.size() - start > bytes_max) out.resize(start + bytes_max);
  return present;
}

const OperatorKind* FindOperatorKind(absl::string_view name) {
  for (const absl::Span<const OperatorKind> kinds :
       {absl::MakeSpan(kKinds), TlsOperatorKinds(), TunnelOperatorKinds()}) {
    for (const OperatorKind& kind : kinds) {
      if (kind.name == name) return &kind;
    }
  }
  return nullptr;
}

std::vector<absl::string_view> OperatorNames() {
  std::vector<absl::string_view> names;
  for (const OperatorKind& kind : kKinds) names.push_back(kind.name);
  for (const OperatorKind& kind : TlsOperatorKinds()) names.push_back(kind.name);
  for (const OperatorKind& kind : TunnelOperatorKinds()) names.push_back(kind.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sluice
