#include "source/accesslog/access_log_config.h"

#include <utility>

#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/grpc/v3/als.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "source/accesslog/line_access_log.h"
#include "source/config/any_unpack.h"

namespace sluice {
namespace {

using envoy::extensions::access_loggers::file::v3::FileAccessLog;
using envoy::extensions::access_loggers::grpc::v3::HttpGrpcAccessLogConfig;
using envoy::extensions::access_loggers::grpc::v3::TcpGrpcAccessLogConfig;
using envoy::extensions::access_loggers::stream::v3::StderrAccessLog;
using envoy::extensions::access_loggers::stream::v3::StdoutAccessLog;

std::optional<LineFormat> TextFormat(absl::string_view text, const FieldScope& scope) {
  std::optional<LogFormat> format = LogFormat::Parse(text, scope);
  if (!format.has_value()) return std::nullopt;
  return LineFormat(*std::move(format));
}

std::optional<LineFormat> ReadFileFormat(const FileAccessLog& proto, const FieldScope& scope) {
  constexpr auto kNull = JsonFormat::AbsentField::kNull;
  switch (proto.access_log_format_case()) {
    case FileAccessLog::kFormat:
      return TextFormat(proto.format().empty() ? LogFormat::DefaultText() : proto.format(),
                        scope.At("format"));
    case FileAccessLog::kJsonFormat:
      return ParseJsonFormat(proto.json_format(), JsonTypes::kStrings, kNull,
                             scope.At("json_format"));
    case FileAccessLog::kTypedJsonFormat:
      return ParseJsonFormat(proto.typed_json_format(), JsonTypes::kKept, kNull,
                             scope.At("typed_json_format"));
    case FileAccessLog::kLogFormat:
      return ParseSubstitutionFormat(proto.log_format(), scope.At("log_format"));
    case FileAccessLog::ACCESS_LOG_FORMAT_NOT_SET:
      break;
  }
  return TextFormat(LogFormat::DefaultText(), scope);
}

template <class StreamAccessLog>
std::optional<LineFormat> ReadStreamFormat(const StreamAccessLog& proto, const FieldScope& scope) {
  if (!proto.has_log_format()) return TextFormat(LogFormat::DefaultText(), scope);
  return ParseSubstitutionFormat(proto.log_format(), scope.At("log_format"));
}

}  // namespace

struct AccessLogFactory::Logger {
  LineFormat format;
  FileSink* sink;
};

AccessLogFactory::AccessLogFactory(const std::vector<WorkerContext*>& workers, WorkerContext& main,
                                   OpenFile open)
    : main_(main.loop), open_(std::move(open)) {
  for (WorkerContext* worker : workers) loops_.push_back(&worker->loop);
  if (main.index >= loops_.size()) loops_.push_back(&main.loop);
}

std::unique_ptr<const AccessLog> AccessLogFactory::Parse(
    const envoy::config::accesslog::v3::AccessLog& proto, const FieldScope& scope) {
  std::unique_ptr<const AccessLogFilter> filter;
  if (proto.has_filter())
    filter = ParseAccessLogFilter(proto.filter(), scope.At("filter"), runtime_);
  std::optional<Logger> logger = ReadLogger(proto, scope);
  if (!logger.has_value() || (proto.has_filter() && filter == nullptr)) return nullptr;
  return std::make_unique<LineAccessLog>(std::move(filter), std::move(logger->format),
                                         *logger->sink);
}

std::unique_ptr<const AccessLog> AccessLogFactory::MakeDefault(const std::string& path,
                                                               const FieldScope& scope) {
  std::optional<LineFormat> format = ReadFileFormat(FileAccessLog(), scope);
  FileSink* const sink = FindSink(path, scope);
  if (sink == nullptr || !format.has_value()) return nullptr;
  return std::make_unique<LineAccessLog>(nullptr, *std::move(format), *sink);
}

std::optional<AccessLogFactory::Logger> AccessLogFactory::ReadLogger(
    const envoy::config::accesslog::v3::AccessLog& proto, const FieldScope& scope) {
  const FieldScope config_scope = scope.At("typed_config");
  if (!proto.has_typed_config()) {
    config_scope.Error("is required", "it says which access logger this is");
    return std::nullopt;
  }
  const std::unique_ptr<google::protobuf::Message> message =
      UnpackAny(proto.typed_config(), config_scope);
  if (message == nullptr) return std::nullopt;
  std::optional<LineFormat> format;
  std::string path;
  const google::protobuf::Descriptor* type = message->GetDescriptor();
  if (type == FileAccessLog::descriptor()) {
    const auto& file = static_cast<const FileAccessLog&>(*message);
    format = ReadFileFormat(file, config_scope);
    path = file.path();
    if (path.empty()) config_scope.At("path").Error("is required");
  } else if (type == StdoutAccessLog::descriptor()) {
    format = ReadStreamFormat(static_cast<const StdoutAccessLog&>(*message), config_scope);
    path = "/dev/stdout";
  } else if (type == StderrAccessLog::descriptor()) {
    format = ReadStreamFormat(static_cast<const StderrAccessLog&>(*message), config_scope);
    path = "/dev/stderr";
  } else if (type == HttpGrpcAccessLogConfig::descriptor() ||
             type == TcpGrpcAccessLogConfig::descriptor()) {
    // The ledger says that none of it takes effect: refused in files, logged of control planes.
  } else {
    config_scope.Error("is no access logger: " + type->full_name(),
                       "built in are FileAccessLog, StdoutAccessLog and StderrAccessLog");
  }
  if (!format.has_value() || path.empty()) return std::nullopt;
  FileSink* sink = FindSink(path, config_scope.At("path"));
  if (sink == nullptr) return std::nullopt;
  return Logger{*std::move(format), sink};
}

FileSink* AccessLogFactory::FindSink(const std::string& path, const FieldScope& scope) {
  std::unique_ptr<FileSink>& sink = sinks_[path];
  if (sink == nullptr) {
    absl::StatusOr<std::unique_ptr<LogFile>> file = open_(path);
    if (!file.ok()) {
      scope.Error(std::string(file.status().message()));
      return nullptr;
    }
    sink = std::make_unique<FileSink>(*std::move(file), loops_);
  }
  return sink.get();
}

void AccessLogFactory::Reopen() {
  for (const auto& [path, sink] : sinks_) {
    if (sink != nullptr) sink->Reopen();
  }
}

void AccessLogFactory::FlushAll(std::function<void()> on_done) {
  on_flushed_.push_back(std::move(on_done));
  if (workers_to_flush_ != 0) return;  // one is under way and will tell both
  workers_to_flush_ = loops_.size();
  // Those there are now: more may come while workers look.
  std::vector<FileSink*> sinks;
  for (const auto& [path, sink] : sinks_) {
    if (sink != nullptr) sinks.push_back(sink.get());
  }
  for (uint32_t worker = 0; worker < loops_.size(); ++worker) {
    loops_[worker]->Post([this, worker, sinks] {
      for (FileSink* sink : sinks) sink->Flush(worker);
      main_.Post([this] { OnWorkerFlushed(); });
    });
  }
}

void AccessLogFactory::OnWorkerFlushed() {
  if (--workers_to_flush_ != 0) return;
  for (const auto& on_done : std::exchange(on_flushed_, {})) on_done();
}

}  // namespace sluice
