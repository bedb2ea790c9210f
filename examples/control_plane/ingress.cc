#include "examples/control_plane/ingress.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "examples/control_plane/kube_node.h"
#include "examples/control_plane/proxy_resources.h"

namespace control_plane {
namespace {

// A service as it stands in its document.
struct Service {
  std::map<std::string, std::string> target_ports;  // by port and by the port's name
};
// The addresses of one, and the port of each that has none in the service.
struct Endpoints {
  std::vector<std::string> ips;
  std::string port;
};

class Reader {
 public:
  Reader(int listen_port, IngressResult& result) : listen_port_(listen_port), result_(result) {}

  void Read(const std::string& yaml) {
    for (absl::string_view text : absl::StrSplit(absl::StrCat("\n", yaml), "\n---")) {
      if (absl::StripAsciiWhitespace(text).empty()) continue;
      std::string error;
      std::optional<KubeNode> document = KubeNode::Parse(text, error);
      if (!document.has_value()) {
        result_.errors.push_back(error);
        continue;
      }
      documents_.push_back(*std::move(document));
    }
    for (const KubeNode& document : documents_) ReadDocument(document);
    for (const KubeNode& document : documents_) {
      if (document["kind"].text() == "Ingress") ReadIngress(document);
    }
    if (hosts_.empty()) result_.errors.push_back("there is no Ingress with a rule");
    if (!result_.errors.empty()) return;
    Add(MakeListener(listen_port_));
    Add(MakeRoutes(hosts_));
  }

 private:
  template <class Message>
  void Add(const Message& message) {
    const Item item = MakeItem(message);
    result_.snapshot[item.body.type_url()][ResourceName(message)] = item;
  }

  void ReadDocument(const KubeNode& document) {
    const std::string kind = document["kind"].text();
    const std::string name = document["metadata"]["name"].text();
    if (kind == "Service") {
      for (const KubeNode& port : document["spec"]["ports"].items()) {
        const std::string number = port["port"].text();
        const std::string target = port["targetPort"].text();
        const std::string port_name = port["name"].text();
        auto& targets = services_[name].target_ports;
        targets[number] = target.empty() ? number : target;
        if (!port_name.empty()) targets[port_name] = targets[number];
      }
    } else if (kind == "Endpoints") {
      for (const KubeNode& subset : document["subsets"].items()) {
        for (const KubeNode& address : subset["addresses"].items()) {
          endpoints_[name].ips.push_back(address["ip"].text());
        }
        for (const KubeNode& port : subset["ports"].items()) {
          endpoints_[name].port = port["port"].text();
        }
      }
    } else if (kind != "Ingress") {
      result_.not_carried.push_back(absl::StrCat(kind, " ", name, ": a proxy has no use for it"));
    }
  }

  void ReadIngress(const KubeNode& document) {
    const std::string name = document["metadata"]["name"].text();
    for (const auto& [key, value] : document["metadata"]["annotations"].fields()) {
      if (key == "kubernetes.io/ingress.class") continue;
      result_.not_carried.push_back(absl::StrCat("Ingress ", name, ": annotation ", key));
    }
    if (!document["spec"]["tls"].items().empty()) {
      result_.not_carried.push_back(absl::StrCat("Ingress ", name, ": tls: needs its Secret"));
    }
    for (const KubeNode& rule : document["spec"]["rules"].items()) {
      const std::string host = rule["host"].text();
      for (const KubeNode& path : rule["http"]["paths"].items()) {
        ReadPath(name, host.empty() ? "*" : host, path);
      }
    }
  }

  void ReadPath(const std::string& ingress, const std::string& host, const KubeNode& path) {
    const KubeNode& backend = path["backend"];
    const bool is_old = !backend["serviceName"].text().empty();  // extensions/v1beta1
    const KubeNode& port = backend["service"]["port"];
    const std::string service =
        is_old ? backend["serviceName"].text() : backend["service"]["name"].text();
    const std::string service_port = is_old                        ? backend["servicePort"].text()
                                     : port["name"].text().empty() ? port["number"].text()
                                                                   : port["name"].text();
    const auto found = services_.find(service);
    if (found == services_.end() || !found->second.target_ports.contains(service_port)) {
      result_.errors.push_back(absl::StrCat("Ingress ", ingress, ": there is no Service \"",
                                            service, "\" with port ", service_port));
      return;
    }
    const std::string cluster = absl::StrCat(service, "_", service_port);
    hosts_[host].push_back({.path = path["path"].text().empty() ? "/" : path["path"].text(),
                            .is_exact = path["pathType"].text() == "Exact",
                            .cluster = cluster});
    Add(MakeCluster(cluster));
    AddEndpoints(cluster, service, found->second.target_ports.at(service_port));
  }

  void AddEndpoints(const std::string& cluster, const std::string& service,
                    const std::string& target_port) {
    const Endpoints& endpoints = endpoints_[service];
    int port = 0;
    // A target port may be a name, which only the pods know; the Endpoints say what it is.
    if (!absl::SimpleAtoi(target_port, &port)) (void)absl::SimpleAtoi(endpoints.port, &port);
    if (endpoints.ips.empty()) {
      result_.not_carried.push_back(
          absl::StrCat("Service ", service, ": has no Endpoints here: nothing answers for it"));
    } else if (port == 0) {
      result_.errors.push_back(
          absl::StrCat("Service ", service, ": target port \"", target_port, "\" is not known"));
    }
    Add(MakeEndpoints(cluster, endpoints.ips, port));
  }

  const int listen_port_;
  IngressResult& result_;
  std::vector<KubeNode> documents_;
  std::map<std::string, Service> services_;
  std::map<std::string, Endpoints> endpoints_;
  RoutesByHost hosts_;
};

}  // namespace

IngressResult ReadIngress(const std::string& yaml, int listen_port) {
  IngressResult result;
  Reader(listen_port, result).Read(yaml);
  return result;
}

}  // namespace control_plane
