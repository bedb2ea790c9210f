// TlsWorld: what TLS contexts need of the process around them. A value; what it names outlives the
// factories made with it.
#pragma once

#include "source/event/file_watcher.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/tls/certificate_dates.h"

namespace sluice {

struct TlsWorld {
  WorkerSet& workers;
  WorkerContext& main;
  FileWatcher& files;
  CertificateDates& dates;
};

}  // namespace sluice
