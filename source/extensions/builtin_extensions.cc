#include "source/extensions/builtin_extensions.h"

namespace sluice {

void AddBuiltinExtensions(Registry& registry) {}

}  // namespace sluice
