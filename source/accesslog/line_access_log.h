// LineAccessLog: the access log that file, stdout and stderr loggers share: a filter, a format, a
// sink. Const; any worker.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "source/accesslog/access_log.h"
#include "source/accesslog/access_log_filter.h"
#include "source/accesslog/line_format.h"

namespace sluice {

class LineAccessLog final : public AccessLog {
 public:
  // `filter` may be null: every request gets a line. `sink` outlives this.
  LineAccessLog(std::unique_ptr<const AccessLogFilter> filter, LineFormat format, LogSink& sink)
      : filter_(std::move(filter)), format_(std::move(format)), sink_(sink) {}

  void Log(uint32_t worker, const FormatContext& context, std::string& scratch) const override {
    if (filter_ != nullptr && !filter_->Matches(context)) return;
    scratch.clear();
    format_.Append(context, scratch);
    sink_.Write(worker, scratch);
  }

 private:
  std::unique_ptr<const AccessLogFilter> filter_;
  LineFormat format_;
  LogSink& sink_;
};

}  // namespace sluice
