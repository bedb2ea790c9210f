// What is asked of a Secret's message beside its use in a context. Main thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "source/tls/secret_store.h"

namespace sluice {

std::string SecretName(const SecretStore::Secret& secret);
SecretStore::SharedSecret CopyOf(const SecretStore::Secret& secret);
bool SameSecret(const SecretStore::Secret& a, const SecretStore::Secret& b);

// What is wrong with it whoever uses it: it holds nothing that TLS can use, a file cannot be read,
// a key is not that of its certificate.
absl::Status CheckSecret(const SecretStore::Secret& secret);

}  // namespace sluice
