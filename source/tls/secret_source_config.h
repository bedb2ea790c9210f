// Where a secret comes from, as a ConfigSource says; and secrets in files. Main thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "source/config/field_scope.h"
#include "source/event/file_watcher.h"
#include "source/tls/secret_store.h"

namespace sluice {

// Of SecretKey: equal for sources that are the same but for how long they are waited for.
std::string SecretSourceKey(const envoy::config::core::v3::ConfigSource& source);

// How long a first answer is waited for; 0: without end.
Duration SecretPatience(const envoy::config::core::v3::ConfigSource& source,
                        const FieldScope& scope);

bool IsFileSource(const envoy::config::core::v3::ConfigSource& source);

// `path` or `path_config_source`: a DiscoveryResponse with the secret among its resources, in any
// notation that a bootstrap may have; read now, if it is there, and when it changes. Each secret of
// the file is judged alone. Where nothing can be watched the status says why.
absl::StatusOr<std::unique_ptr<SecretFetch>> FetchSecretFromFile(
    SecretStore& store, FileWatcher& files, const envoy::config::core::v3::ConfigSource& source,
    const SecretKey& key);

}  // namespace sluice
