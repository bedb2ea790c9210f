#include "source/extensions/listener/original_dst/original_dst_config.h"

#include <memory>

#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "source/extensions/listener/original_dst/original_dst_filter.h"

namespace sluice {

void AddOriginalDst(Registry& registry) {
  registry.AddListenerFilter(
      envoy::extensions::filters::listener::original_dst::v3::OriginalDst::descriptor()
          ->full_name(),
      [](const google::protobuf::Message&, const ExtensionContext&, const FieldScope&) {
        return std::make_unique<OriginalDstFilterFactory>();
      });
}

}  // namespace sluice
