#include "source/server/run_server.h"

#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "source/base/log.h"
#include "source/server/bootstrap_config.h"
#include "source/server/options.h"
#include "source/server/server.h"

namespace sluice {
namespace {

constexpr int kExitRefused = 1;

void SetUpLog(const Options& options) {
  SetLogLevel(options.log_level);
  for (const auto& [component, level] : options.component_log_levels) SetLogLevel(component, level);
  if (options.log_path.empty()) return;
  if (absl::Status status = OpenLogFile(options.log_path); !status.ok()) {
    SLUICE_LOG(kMain, kWarning, "--log-path: ", status.message());
  }
}

void Print(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', to);
}

}  // namespace

int RunServer(int argc, char** argv, const Registry& extensions,
              const OpenMessageChannel& open_channel) {
  const ParsedOptions parsed = ParseOptions(std::vector<std::string_view>(argv + 1, argv + argc));
  if (!parsed.options.has_value()) {
    Print(parsed.exit_code == 0 ? stdout : stderr, parsed.text);
    return parsed.exit_code;
  }
  const Options& options = *parsed.options;
  SetUpLog(options);
  const std::unique_ptr<LoadedBootstrap> bootstrap = LoadBootstrap(options);
  Server server(options, bootstrap->proto, bootstrap->ledger, extensions, open_channel);
  // Also after errors: whoever repairs a file wants to see all of them.
  server.Load(bootstrap->errors);
  const bool good = bootstrap->errors.empty();
  Print(good && options.mode == RunMode::kValidate ? stdout : stderr,
        BootstrapReport(*bootstrap, options));
  if (!good) return kExitRefused;
  bootstrap->lines = {};  // of a great configuration as much memory as the rest of it
  return options.mode == RunMode::kValidate ? 0 : server.Run();
}

}  // namespace sluice
