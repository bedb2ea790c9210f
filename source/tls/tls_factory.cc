#include "source/tls/tls_factory.h"

#include "source/tls/no_secret_socket.h"
#include "source/tls/tls_socket.h"

namespace sluice {
namespace {

std::unique_ptr<TransportSocket> NotReady(WorkerContext& worker, const TlsFactoryStats& stats) {
  stats.secrets_not_ready.Add(worker.stats);
  return std::make_unique<NoSecretSocket>();
}

}  // namespace

std::unique_ptr<TransportSocket> ServerTlsFactory::Create(WorkerContext& worker) const {
  std::shared_ptr<const ServerTlsContext> context = context_->Pin(worker);
  if (context == nullptr) return NotReady(worker, context_->stats());
  return std::make_unique<TlsSocket>(worker, std::move(context));
}

std::unique_ptr<TransportSocket> ClientTlsFactory::Create(WorkerContext& worker,
                                                          const ClientTransportArgs& args) const {
  std::shared_ptr<const ClientTlsContext> context = context_->Pin(worker);
  if (context == nullptr) return NotReady(worker, context_->stats());
  absl::string_view name = args.server_name;
  if (name.empty() && host_name_first_) name = args.host_name;
  if (name.empty()) name = server_name_;
  return std::make_unique<TlsSocket>(worker, std::move(context),
                                     TlsSocket::Target{.server_name = std::string(name),
                                                       .verify_name = std::string(args.verify_name),
                                                       .address = args.address.text(),
                                                       .alpn = args.alpn,
                                                       .alpn_wins = args.alpn_wins});
}

}  // namespace sluice
