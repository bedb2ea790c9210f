#include "source/tls/secret_source_config.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "source/base/log.h"
#include "source/config/any_unpack.h"
#include "source/config/config_file.h"
#include "source/config/proto_fields.h"

namespace sluice {
namespace {

namespace discovery = envoy::service::discovery::v3;
using ConfigSource = envoy::config::core::v3::ConfigSource;

constexpr Duration kPatience = std::chrono::seconds(15);  // as Envoy

// `path` is deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const std::string& PathOf(const ConfigSource& source) {
  return source.has_path_config_source() ? source.path_config_source().path() : source.path();
}
#pragma GCC diagnostic pop

// One secret of one file.
class SecretFile final : public SecretFetch {
 public:
  SecretFile(SecretStore& store, std::string path, const SecretKey& key)
      : store_(store), path_(std::move(path)), key_(key) {}

  absl::Status Watch(FileWatcher& files, const std::string& watched) {
    auto watch = files.Watch(watched, [this] { Read(); });
    if (!watch.ok()) return watch.status();
    watch_ = *std::move(watch);
    return absl::OkStatus();
  }

  void Read() {
    SourceLines lines;
    ConfigErrors errors(&lines);
    discovery::DiscoveryResponse response;
    // As what a control plane sends: what has no effect is said, and the rest is used.
    for (const LedgerEntry& entry :
         LoadConfig({.path = path_}, {.unsupported_fields = UnsupportedFields::kWarn}, response,
                    lines, errors)) {
      if (entry.entry_class == LedgerClass::kInert) continue;
      SLUICE_LOG(kSecret, kWarning, LedgerLine(entry));
    }
    for (int i = 0; i < response.resources_size(); ++i) {
      const std::string place = absl::StrCat("resources[", i, "]");
      const auto secret = SecretIn(response.resources(i), FieldScope(errors, place));
      if (secret == nullptr || secret->name() != key_.name) continue;
      for (const ConfigError& error : errors.errors()) {
        if (IsWithin(error.path, place)) return store_.Fail(key_, error.ToString());
      }
      static_cast<void>(store_.Set(key_, secret));  // what is wrong has been said
      return;
    }
    store_.Fail(key_, errors.empty() ? absl::StrCat(path_, " holds no secret of that name")
                                     : errors.errors().front().ToString());
  }

 private:
  // Null, and an error, where it is none. As a control plane's, it may be in a Resource.
  static SecretStore::SharedSecret SecretIn(const google::protobuf::Any& any,
                                            const FieldScope& scope) {
    if (any.Is<discovery::Resource>()) {
      const auto resource = Unpack<discovery::Resource>(any, scope);
      if (!resource.has_value()) return nullptr;
      const FieldScope inner = scope.At("resource");
      return SecretIn(resource->resource(), inner);
    }
    auto secret = Unpack<SecretStore::Secret>(any, scope);
    if (!secret.has_value()) return nullptr;
    return std::make_shared<const SecretStore::Secret>(*std::move(secret));
  }

  SecretStore& store_;
  const std::string path_;
  const SecretKey key_;
  std::unique_ptr<FileWatch> watch_;
};

}  // namespace

std::string SecretSourceKey(const ConfigSource& source) {
  ConfigSource same = source;
  same.clear_initial_fetch_timeout();
  std::string key;
  google::protobuf::io::StringOutputStream out(&key);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  same.SerializeToCodedStream(&coded);
  coded.Trim();
  return key;
}

Duration SecretPatience(const ConfigSource& source, const FieldScope& scope) {
  return DurationOr(source, "initial_fetch_timeout", kPatience, scope);
}

bool IsFileSource(const ConfigSource& source) { return !PathOf(source).empty(); }

absl::StatusOr<std::unique_ptr<SecretFetch>> FetchSecretFromFile(SecretStore& store,
                                                                 FileWatcher& files,
                                                                 const ConfigSource& source,
                                                                 const SecretKey& key) {
  const std::string& path = PathOf(source);
  const std::string& folder = source.path_config_source().watched_directory().path();
  const std::string& watched = folder.empty() ? path : folder;
  auto file = std::make_unique<SecretFile>(store, path, key);
  if (const absl::Status status = file->Watch(files, watched); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", watched, "\" cannot be watched: ", status.message()));
  }
  file->Read();
  return file;
}

}  // namespace sluice
