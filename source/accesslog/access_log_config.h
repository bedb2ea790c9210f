// AccessLogFactory: AccessLog messages of Envoy's API to access logs, and the owner of their files:
// logs of one path share a file. Extensions are found by the type of their configuration, never by
// name.
//
// Main thread; outlives every access log that it made.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/accesslog/access_log.h"
#include "source/accesslog/access_log_filter_config.h"
#include "source/accesslog/file_sink.h"
#include "source/accesslog/line_format_config.h"
#include "source/accesslog/log_file.h"
#include "source/config/field_scope.h"
#include "source/event/worker_context.h"

namespace envoy::config::accesslog::v3 {
class AccessLog;
}

namespace sluice {

class AccessLogFactory {
 public:
  using OpenFile = std::function<absl::StatusOr<std::unique_ptr<LogFile>>(const std::string& path)>;

  // Logs are written on the workers, and on the main thread, whose index is the next one.
  AccessLogFactory(const std::vector<WorkerContext*>& workers, WorkerContext& main,
                   OpenFile open = OpenAccessLogFile);

  // Of the logs that are made from now on; outlives them.
  void SetRuntime(RuntimeKeys& runtime) { runtime_ = &runtime; }

  // Errors go to `scope`; null where there was one.
  std::unique_ptr<const AccessLog> Parse(const envoy::config::accesslog::v3::AccessLog& proto,
                                         const FieldScope& scope);

  // Of everything, in Envoy's default format, to that file; errors are those of `scope` itself.
  std::unique_ptr<const AccessLog> MakeDefault(const std::string& path, const FieldScope& scope);

  // The file of `path`, for lines that are no access log's; an error is that of `scope` itself.
  LogSink* FindFile(const std::string& path, const FieldScope& scope) {
    return FindSink(path, scope);
  }

  // Opens every file anew, after rotation.
  void Reopen();
  // Each worker hands on what it has gathered; `on_done` on the main thread after. The factory must
  // live until then.
  void FlushAll(std::function<void()> on_done);

 private:
  struct Logger;  // what an extension's configuration comes to

  std::optional<Logger> ReadLogger(const envoy::config::accesslog::v3::AccessLog& proto,
                                   const FieldScope& scope);
  // Null, and an error of `scope`, when it cannot be opened.
  FileSink* FindSink(const std::string& path, const FieldScope& scope);
  void OnWorkerFlushed();

  std::vector<EventLoop*> loops_;  // by worker index
  EventLoop& main_;
  OpenFile open_;
  RuntimeKeys* runtime_ = nullptr;  // null: nothing sets any key
  // For as long as the process: a version of a listener that opens a file is not asked when it
  // goes.
  std::map<std::string, std::unique_ptr<FileSink>> sinks_;
  size_t workers_to_flush_ = 0;
  std::vector<std::function<void()>> on_flushed_;
};

}  // namespace sluice
