// A DataSource of Envoy's API as a TlsSource: files are named, everything else is read now. Main
// thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/tls/tls_source.h"

namespace envoy::config::core::v3 {
class DataSource;
}

namespace sluice {

TlsSource ReadTlsSource(const envoy::config::core::v3::DataSource& source, const FieldScope& scope);

}  // namespace sluice
