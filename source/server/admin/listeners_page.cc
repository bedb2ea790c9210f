#include "source/server/admin/listeners_page.h"

#include "absl/strings/str_cat.h"
#include "envoy/admin/v3/listeners.pb.h"
#include "source/server/admin/proto_address.h"
#include "source/server/admin/proto_json.h"

namespace sluice {

AdminResponse ListenersText(const std::vector<ListenerFacts>& listeners) {
  AdminResponse response;
  for (const ListenerFacts& listener : listeners) {
    for (const std::string& address : listener.addresses) {
      absl::StrAppend(&response.body, listener.name, "::", address, "\n");
    }
  }
  return response;
}

AdminResponse ListenersJson(const std::vector<ListenerFacts>& listeners) {
  envoy::admin::v3::Listeners message;
  for (const ListenerFacts& listener : listeners) {
    envoy::admin::v3::ListenerStatus& status = *message.add_listener_statuses();
    status.set_name(listener.name);
    for (size_t i = 0; i < listener.addresses.size(); ++i) {
      *(i == 0 ? status.mutable_local_address() : status.add_additional_local_addresses()) =
          ProtoAddress(listener.addresses[i]);
    }
  }
  return ProtoJson(message);
}

}  // namespace sluice
