// ChurnResources: what discovery_churn_test's control plane has to offer, of every kind, and how it
// changes without anybody being served less. A value; versions of it are Snapshots.
//
// Listeners: "web" of HTTP and WebSocket, with routes by name; "scoped", with a table for each
// scope; "secure", with TLS, which "web" leads to for /loop, so that the proxy is both ends of it.
// Clusters: "red" and "blue", "chat" of tunnels, "loop".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "examples/control_plane/snapshot.h"
#include "test/harness/test_certificates.h"

namespace sluice {

class ChurnResources {
 public:
  // Addresses as YAML has them: "{ socket_address: ... }". `hosts` answer requests, `chats` carry
  // tunnels; there are three and two of them.
  ChurnResources(std::vector<std::string> hosts, std::vector<std::string> chats);

  // Where "secure" is, when that is known.
  void SetSecure(std::string address);
  // The `step`th change: a kind of resource each, in turn.
  void Change(int step);
  void Begin() { SetAll(0); }
  // As at the beginning, but that nobody answers requests: all connections to hosts go.
  void Rest();
  std::shared_ptr<const control_plane::Snapshot> Offer() const;

 private:
  void Set(const std::string& type, const std::string& name, const std::string& yaml);
  void Remove(const std::string& type, const std::string& name);
  void SetAll(int step);
  void SetCluster(const std::string& name, int step);
  void SetEndpoints(const std::string& cluster, const std::vector<std::string>& addresses,
                    int step);
  void SetListener(const std::string& name, const std::string& routes, int step);
  void SetRoutes(int step);
  void SetScopes(int step);
  void SetSecrets(int step);
  void SetRuntime(int step);
  std::vector<std::string> SomeOf(const std::vector<std::string>& addresses, int step) const;

  const std::vector<std::string> hosts_, chats_;
  std::vector<std::string> secure_;  // one, or none
  const TestCertificate ca_ = MakeCertificate({.common_name = "ca", .is_authority = true});
  const TestCertificate other_ca_ = MakeCertificate({.common_name = "other", .is_authority = true});
  const TestCertificate one_ = MakeCertificate({.sans = {"DNS:a.test"}, .issuer = &ca_});
  const TestCertificate two_ =
      MakeCertificate({.common_name = "two", .sans = {"DNS:a.test"}, .issuer = &ca_});
  control_plane::Snapshot now_;
};

}  // namespace sluice
