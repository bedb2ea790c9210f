#include "source/extensions/builtin_extensions.h"

#include "source/extensions/http/buffer/buffer_config.h"
#include "source/extensions/http/header_mutation/header_mutation_config.h"

namespace sluice {

void AddBuiltinExtensions(Registry& registry) {
  AddBuffer(registry);
  AddHeaderMutation(registry);
}

}  // namespace sluice
