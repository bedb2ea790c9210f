#include "source/extensions/listener/proxy_protocol/proxy_protocol_filter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "source/base/json_text.h"

namespace sluice {

namespace {

// It goes to logs and headers, where a line's end would be taken for ours.
std::string Printable(absl::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    const bool control = absl::ascii_iscntrl(static_cast<unsigned char>(bytes.front()));
    if (length == 0 || control) {
      text += '!';
    } else {
      text.append(bytes.data(), length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace

ListenerVerdict ProxyProtocolFilter::OnBytes(absl::string_view bytes, IoHandle&,
                                             AcceptedFacts& facts, size_t& consume) {
  ProxyHeader header = ReadProxyHeader(bytes, config_.allowed);
  const ProxyProtocolStats& stats = config_.stats;
  switch (header.state) {
    case ProxyHeader::State::kNeedMore:
      bytes_wanted_ = std::max(bytes_wanted_, header.bytes);
      return ListenerVerdict::kWait;
    case ProxyHeader::State::kNone:
      return OnNone(bytes);
    case ProxyHeader::State::kMalformed:
      stats.Of(header.version).error.Add(worker_.stats);
      stats.cx_error.Add(worker_.stats);
      return ListenerVerdict::kClose;
    case ProxyHeader::State::kFound:
      break;
  }
  stats.Of(header.version).found.Add(worker_.stats);
  if (header.source.family() != Address::Family::kNone) {
    facts.remote_address = std::move(header.source);
    facts.local_address = std::move(header.destination);
  }
  KeepTlvs(header.tlvs, facts);
  consume = header.bytes;
  return ListenerVerdict::kContinue;
}

// No header of a version that is allowed.
ListenerVerdict ProxyProtocolFilter::OnNone(absl::string_view bytes) {
  const ProxyProtocolStats& stats = config_.stats;
  if (config_.may_be_missing) {
    stats.not_found_allowed.Add(worker_.stats);
    return ListenerVerdict::kContinue;
  }
  // A version that is not allowed is known by its first bytes.
  const ProxyHeader any = ReadProxyHeader(bytes);
  if (any.state == ProxyHeader::State::kNone) {
    stats.not_found_disallowed.Add(worker_.stats);
  } else {
    stats.Of(any.version).disallowed.Add(worker_.stats);
  }
  stats.cx_error.Add(worker_.stats);
  return ListenerVerdict::kClose;
}

void ProxyProtocolFilter::KeepTlvs(absl::string_view tlvs, AcceptedFacts& facts) const {
  if (config_.kept_tlvs.none() && config_.rules.empty()) return;
  while (!tlvs.empty()) {
    const ProxyTlvView tlv = TakeProxyTlv(tlvs);
    if (config_.kept_tlvs[tlv.type]) facts.tlvs.push_back({tlv.type, std::string(tlv.value)});
    const auto rule = config_.rules.find(tlv.type);
    if (rule == config_.rules.end()) continue;
    facts.SetMetadata(rule->second.space, rule->second.key, Printable(tlv.value));
  }
}

}  // namespace sluice
