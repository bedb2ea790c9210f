#include "source/extensions/listener/http_inspector/http_inspector_filter.h"

#include "source/extensions/listener/http_inspector/http_version.h"

namespace sluice {

ListenerVerdict HttpInspectorFilter::OnBytes(absl::string_view bytes, IoHandle&,
                                             AcceptedFacts& facts, size_t&) {
  // What tls_inspector has found to be TLS cannot be read.
  if (facts.transport == DetectedTransport::kTls) return ListenerVerdict::kContinue;
  const char* protocol = nullptr;
  Counter counter = stats_.http_not_found;
  switch (SeeHttpVersion(bytes)) {
    case HttpVersionSeen::kNeedMore:
      if (bytes.size() < kBytesMax) return ListenerVerdict::kWait;
      break;
    case HttpVersionSeen::kNotHttp:
      break;
    case HttpVersionSeen::kHttp10:
      protocol = "http/1.0";
      counter = stats_.http10_found;
      break;
    case HttpVersionSeen::kHttp11:
      protocol = "http/1.1";
      counter = stats_.http11_found;
      break;
    case HttpVersionSeen::kHttp2:
      protocol = "h2c";
      counter = stats_.http2_found;
      break;
  }
  counter.Add(worker_.stats);
  if (protocol != nullptr) facts.application_protocols.assign(1, protocol);
  return ListenerVerdict::kContinue;
}

}  // namespace sluice
