// The command operators about TLS: rows of the table in format_operators.cc, in a file of their
// own.
#pragma once

#include "absl/types/span.h"
#include "source/accesslog/format_operator.h"

namespace sluice {

absl::Span<const OperatorKind> TlsOperatorKinds();

}  // namespace sluice
