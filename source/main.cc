// The whole program: what it is made of, and how it runs.
#include "source/extensions/builtin_extensions.h"
#include "source/grpc/grpc_channel.h"
#include "source/sdk/registry.h"
#include "source/server/run_server.h"

int main(int argc, char** argv) {
  sluice::Registry registry;
  sluice::AddBuiltinExtensions(registry);
  return sluice::RunServer(argc, argv, registry, sluice::OpenGrpcChannel);
}
