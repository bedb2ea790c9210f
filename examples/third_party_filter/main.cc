// A proxy of one's own: what Sluice brings, and one filter more.
#include "examples/third_party_filter/hello_config.h"
#include "source/extensions/builtin_extensions.h"
#include "source/sdk/registry.h"
#include "source/server/run_server.h"

int main(int argc, char** argv) {
  sluice::Registry registry;
  sluice::AddBuiltinExtensions(registry);
  acme::AddHello(registry);
  return sluice::RunServer(argc, argv, registry);
}
