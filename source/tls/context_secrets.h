// ContextSecrets: the secrets that one TLS context names: asked for when its configuration is first
// read, watched as long as it lives. The context is made when all have come, and again when one
// changes; a version with which none can be made leaves the old one in use here.
//
// Main thread. Belongs to what makes the context.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/config/field_scope.h"
#include "source/event/warm_gate.h"
#include "source/event/worker_context.h"
#include "source/tls/secret_store.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class SdsSecretConfig;
}

namespace sluice {

class ContextSecrets {
 public:
  // `gate`: of who waits for the context; null: nobody can, and all must be there at once.
  ContextSecrets(SecretStore& store, WorkerContext& main, WarmGate* gate)
      : store_(store), main_(main), gate_(gate) {}

  // First pass: asks for secrets that are fetched, and gives none of them, so that what else is
  // wrong with a configuration is found without them. Static ones are given. Null, and an error,
  // where there will never be one. In context_secrets_config.cc.
  const SecretStore::Secret* Find(
      const envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& reference,
      const FieldScope& scope);
  // The first pass is over: from now on Find gives what has come.
  void EndFirstPass() { first_pass_ = false; }

  // Whether what was read lacks secrets that it names.
  bool withholds() const { return first_pass_ ? !slots_.empty() : !complete(); }
  bool complete() const;

  // Makes the context (again) from what Find gives; the status is what is wrong with it. `has_one`:
  // it has been made before.
  void WhenChanged(bool has_one, std::function<absl::Status()> make);

 private:
  struct Slot {
    SecretKey key;
    SecretStore::SharedSecret secret;  // in use, or to be used when the others have come
    WarmGate::Need need;
    std::unique_ptr<SecretStore::Watch> watch;  // ends first
  };
  absl::StatusOr<Slot*> Ask(const envoy::config::core::v3::ConfigSource& from, const SecretKey& key,
                            Duration patience);
  Slot* FindSlot(const SecretKey& key) const;
  absl::Status OnSecret(Slot& slot, const SecretStore::SharedSecret& secret);
  void HaveCome(std::vector<WarmGate::Need> needs);

  SecretStore& store_;
  WorkerContext& main_;
  WarmGate* gate_;
  bool first_pass_ = true;
  bool has_context_ = false;
  std::function<absl::Status()> make_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace sluice
