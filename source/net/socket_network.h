// SocketNetwork: the kernel's Network. Stateless; any worker, each with its own poller.
#pragma once

#include <memory>

#include "source/net/network.h"

namespace sluice {

class SocketNetwork final : public Network {
 public:
  std::unique_ptr<IoHandle> Connect(Poller& poller, const Address& to,
                                    const SocketOptions& options) override;
  // The error names the address and what the system said.
  absl::StatusOr<std::unique_ptr<ListenSocket>> Listen(Poller& poller, const Address& at,
                                                       const ListenOptions& options) override;
};

}  // namespace sluice
