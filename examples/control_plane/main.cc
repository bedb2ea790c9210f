// A small control plane: serves a folder of resource files, or an Ingress, to proxies that ask by
// Envoy's discovery protocol, and serves what has changed when a file changes.
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "examples/control_plane/discovery_server.h"
#include "examples/control_plane/ingress.h"
#include "examples/control_plane/resource_folder.h"
#include "source/event/event_loop.h"
#include "source/event/inotify_file_watcher.h"
#include "source/event/libevent_poller.h"

namespace {

constexpr char kUsage[] =
    "control_plane [--port N] [--folder DIR] [--ingress FILE [--listen-port N]]\n"
    "  --port N         where proxies ask; 0: the system chooses (18000)\n"
    "  --folder DIR     files with lists of resources: .yaml, .json, .textproto\n"
    "  --ingress FILE   Kubernetes YAML: Ingress, Service, Endpoints\n"
    "  --listen-port N  of the listener that the Ingress becomes (10000)\n";

struct Options {
  int port = 18000;
  std::string folder, ingress;
  int listen_port = 10000;
};

bool ParseOptions(const std::vector<std::string>& words, Options& options) {
  for (size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return false;
    const std::string& value = words[i + 1];
    if (words[i] == "--folder") {
      options.folder = value;
    } else if (words[i] == "--ingress") {
      options.ingress = value;
    } else if (words[i] == "--port") {
      if (!absl::SimpleAtoi(value, &options.port)) return false;
    } else if (words[i] == "--listen-port") {
      if (!absl::SimpleAtoi(value, &options.listen_port)) return false;
    } else {
      return false;
    }
  }
  return options.folder.empty() != options.ingress.empty();
}

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The last good one stays where a new one is not.
void ServeIngress(const Options& options, control_plane::DiscoveryServer& server) {
  auto result = control_plane::ReadIngress(ReadAll(options.ingress), options.listen_port);
  for (const std::string& line : result.errors) std::cerr << "error: " << line << std::endl;
  for (const std::string& line : result.not_carried) {
    std::cout << "not carried: " << line << std::endl;
  }
  if (!result.errors.empty()) return;
  server.Set(std::make_shared<const control_plane::Snapshot>(std::move(result.snapshot)));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!ParseOptions({argv + 1, argv + argc}, options)) {
    std::cerr << kUsage;
    return 2;
  }
  control_plane::DiscoveryServer server(options.port);
  if (server.port() == 0) {
    std::cerr << "port " << options.port << " of 127.0.0.1 cannot be had" << std::endl;
    return 1;
  }
  control_plane::ResourceFolder folder(options.folder);
  const auto serve = [&] {
    if (!options.ingress.empty()) return ServeIngress(options, server);
    server.Set(std::make_shared<const control_plane::Snapshot>(folder.Read()));
  };
  serve();
  sluice::LibeventPoller poller;
  sluice::EventLoop loop(poller);
  sluice::InotifyFileWatcher files(loop);
  const auto watch = files.Watch(options.folder.empty() ? options.ingress : options.folder, serve);
  if (!watch.ok()) {
    std::cerr << watch.status().message() << std::endl;
    return 1;
  }
  std::cout << "control plane listens on 127.0.0.1:" << server.port() << std::endl;
  loop.Run();
}
