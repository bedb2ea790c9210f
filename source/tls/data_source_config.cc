#include "source/tls/data_source_config.h"

#include <optional>
#include <utility>

#include "envoy/config/core/v3/base.pb.h"
#include "source/config/proto_fields.h"

namespace sluice {

TlsSource ReadTlsSource(const envoy::config::core::v3::DataSource& source,
                        const FieldScope& scope) {
  if (source.has_filename()) return {.filename = source.filename(), .is_set = true};
  std::optional<std::string> bytes = ReadDataSource(source, scope);
  return {.bytes = std::move(bytes).value_or(""), .is_set = true};
}

}  // namespace sluice
