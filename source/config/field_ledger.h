#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/config/source_lines.h"

namespace sluice {

// Why a field that is set does nothing.
enum class LedgerClass {
  kInert,             // nothing is lost; accepted
  kUnsupported,       // refused, or with --unsupported-fields=warn ignored
  kGuardsSecurity,    // always refused
  kUnknownExtension,  // an Any holds what is not built in: always refused
};

// One such field of one configuration.
struct LedgerEntry {
  std::string path;   // static_resources.listeners[0].transparent
  std::string field;  // envoy.config.listener.v3.Listener.transparent
  LedgerClass entry_class = LedgerClass::kUnsupported;
  std::string value;       // that has no effect, where others have: "LOGICAL_DNS"
  bool is_choice = false;  // the value of an enum: without it nothing is chosen, so always refused
  std::string note;        // the reason, those other values, or the extension's name
  std::string source;      // file and line, when known
  int line = 0;
};

// What a configuration says to no effect, in the order of its fields: nothing that is set is
// ignored in silence. Decided by the table of field_support.h for every set field of `message` and
// all it holds, the content of Anys included. A field without effect is one entry, and what it
// holds is not looked at. `lines` may be null. Pure.
std::vector<LedgerEntry> BuildFieldLedger(const google::protobuf::Message& message,
                                          const FieldScope& scope, const SourceLines* lines);

enum class UnsupportedFields { kRefuse, kWarn };

// Whether a configuration with this entry may be used under `policy`.
bool IsAccepted(const LedgerEntry& entry, UnsupportedFields policy);

// Turns the entries that must not be accepted under `policy` into errors.
void RefuseUnsupported(const std::vector<LedgerEntry>& ledger, UnsupportedFields policy,
                       ConfigErrors& errors);

// "bootstrap.yaml:14: a.b: has no effect: ..." for the log, one line.
std::string LedgerLine(const LedgerEntry& entry);

// For the admin page: a line per entry, or that there is none.
std::string LedgerPage(const std::vector<LedgerEntry>& ledger);

// "inert", "unsupported", "guards security", "unknown extension".
std::string_view LedgerClassName(LedgerClass entry_class);

}  // namespace sluice
