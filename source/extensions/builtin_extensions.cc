#include "source/extensions/builtin_extensions.h"

#include "source/extensions/http/buffer/buffer_config.h"
#include "source/extensions/http/compressor/compressor_config.h"
#include "source/extensions/http/cors/cors_config.h"
#include "source/extensions/http/dormant/dormant_config.h"
#include "source/extensions/http/grpc_web/grpc_web_config.h"
#include "source/extensions/http/header_mutation/header_mutation_config.h"
#include "source/extensions/http/health_check/health_check_config.h"
#include "source/extensions/http/on_demand/on_demand_config.h"
#include "source/extensions/http/upgrade/upgrade_config.h"
#include "source/extensions/listener/http_inspector/http_inspector_config.h"
#include "source/extensions/listener/original_dst/original_dst_config.h"
#include "source/extensions/listener/proxy_protocol/proxy_protocol_config.h"
#include "source/extensions/listener/tls_inspector/tls_inspector_config.h"

namespace sluice {

void AddBuiltinExtensions(Registry& registry) {
  AddBuffer(registry);
  AddCompressor(registry);
  AddCors(registry);
  AddDormant(registry);
  AddGrpcWeb(registry);
  AddHeaderMutation(registry);
  AddHealthCheck(registry);
  AddHttpInspector(registry);
  AddOnDemand(registry);
  AddOriginalDst(registry);
  AddProxyProtocol(registry);
  AddTlsInspector(registry);
  AddUpgrade(registry);
}

}  // namespace sluice
