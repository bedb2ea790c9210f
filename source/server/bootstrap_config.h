#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/config_errors.h"
#include "source/config/field_ledger.h"
#include "source/config/source_lines.h"
#include "source/server/options.h"

namespace sluice {

// A bootstrap as the files and the command line say it, judged as a whole: notation, fields,
// rules, ledger, names. Neither copied nor moved, because its errors know its lines. Main thread.
struct LoadedBootstrap {
  // With --service-node and the like applied. Listeners and clusters are read from it by their
  // own parts, which add to `errors`; the admin's /config_dump shows it.
  envoy::config::bootstrap::v3::Bootstrap proto;
  SourceLines lines;
  // Not empty: nothing is to be started.
  ConfigErrors errors{&lines};
  // Everything set to no effect; served by the admin port.
  std::vector<LedgerEntry> ledger;
};

std::unique_ptr<LoadedBootstrap> LoadBootstrap(const Options& options);

// What --mode validate prints, and the start of serving too: a line for each field without effect
// that is accepted, each option without effect, then every error, or in validate mode that the
// configuration is good.
std::string BootstrapReport(const LoadedBootstrap& bootstrap, const Options& options);

}  // namespace sluice
