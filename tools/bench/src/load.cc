// Load generator of the benchmark. Loopback only.
//
//   load MODE key=value...
//
// MODE  http   closed loop, keep-alive (default), or one connection per request (close=1),
//              or open loop at rate=R requests/s (latency from the intended send time)
//       ws     WebSocket echo, one message in flight per connection; or handshake and close on one
//              connection after the other (close=1)
//       idle   opens connections, does one exchange on each, then leaves them idle;
//              commands on stdin: "add N", "check", "quit"
// keys  port conns threads warm dur tls resume method body size path hosts paths rate
//       h2 (of ws: on a stream of HTTP/2) kind (of idle: ws, h2, h2ws)
//       close pids be_pid srcs count (stop after that many operations instead of by time)
//
// Prints one JSON object. The CPU time of the processes in `pids` is sampled at the same instants
// as the counter of operations.
#include <memory>
#include <thread>

#include "client.h"
#include "common.h"
#include "plan.h"
#include "samples.h"

namespace {

using Clients = std::vector<std::unique_ptr<Client>>;

uint64_t Total(const Clients& clients, std::atomic<uint64_t> Counters::*which) {
  uint64_t n = 0;
  for (auto& c : clients) n += (c->counters.*which).load(std::memory_order_relaxed);
  return n;
}

void PrintErrors(const Clients& clients) {
  uint64_t connect = Total(clients, &Counters::connect), io = Total(clients, &Counters::io),
           status = Total(clients, &Counters::status), length = Total(clients, &Counters::length),
           body = Total(clients, &Counters::body), tls = Total(clients, &Counters::tls);
  printf(
      "\"errors\":{\"connect\":%lu,\"io\":%lu,\"status\":%lu,\"length\":%lu,\"body\":%lu,"
      "\"tls\":%lu},\"bad\":%lu}\n",
      connect, io, status, length, body, tls, connect + io + status + length + body + tls);
  fflush(stdout);
}

void PrintLatency(Client& client) {
  auto& lat = client.latency;
  auto& svc = client.service;
  printf("\"latency_us\":{\"samples\":%zu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,", lat.size(),
         Quantile(lat, .5), Quantile(lat, .9), Quantile(lat, .99));
  printf("\"p999\":%.1f,\"max\":%.1f,\"svc_p50\":%.1f,\"svc_p99\":%.1f,\"svc_p999\":%.1f,",
         Quantile(lat, .999), Quantile(lat, 1), Quantile(svc, .5), Quantile(svc, .99),
         Quantile(svc, .999));
  printf("\"max_queue\":%zu},", client.longest_queue);
}

// What is read at each end of the window.
struct Mark {
  uint64_t ns, ok, bytes, resumed;
  CpuTime proxy, origin, self;
  MachineTicks machine;
};

Mark TakeMark(const Plan& plan, const Clients& clients) {
  Mark m;
  m.ns = NowNs();
  m.ok = Total(clients, &Counters::ok);
  m.bytes = Total(clients, &Counters::bytes);
  m.resumed = Total(clients, &Counters::resumed);
  m.proxy = CpuTimeOf(plan.proxy_pids);
  m.origin = CpuTimeOf(plan.origin_pids);
  m.self = CpuTimeOf({getpid()});
  m.machine = ReadMachineTicks();
  return m;
}

void PrintWindow(const Mark& a, const Mark& b, uint64_t total_ok) {
  double wall = double(b.ns - a.ns) / 1e9, hz = double(sysconf(_SC_CLK_TCK));
  double load = double(b.self.ns - a.self.ns) / 1e9;
  double origin = double(b.origin.ns - a.origin.ns) / 1e9;
  uint64_t proxy_ns = b.proxy.ns - a.proxy.ns;
  double busy = double(b.machine.busy - a.machine.busy) / hz;
  double foreign = std::max(0.0, (busy - load - origin - double(proxy_ns) / 1e9) / wall);
  printf("{\"ops\":%lu,\"wall\":%.6f,\"bytes\":%lu,\"resumed\":%lu,\"cpu_ns\":%lu,", b.ok - a.ok,
         wall, b.bytes - a.bytes, b.resumed - a.resumed, proxy_ns);
  printf("\"utime_s\":%.3f,\"stime_s\":%.3f,\"load_cpu_s\":%.3f,\"backend_cpu_s\":%.3f,",
         double(b.proxy.user_ticks - a.proxy.user_ticks) / hz,
         double(b.proxy.kernel_ticks - a.proxy.kernel_ticks) / hz, load, origin);
  printf("\"foreign_cores\":%.3f,\"steal_s\":%.3f,\"total_ok\":%lu,", foreign,
         double(b.machine.stolen - a.machine.stolen) / hz, total_ok);
}

int RunTimed(const Plan& plan) {
  Clients clients;
  std::vector<std::thread> threads;
  for (int i = 0; i < plan.threads; i++) {
    clients.emplace_back(new Client(plan, i));
    Client* client = clients.back().get();
    threads.emplace_back([client, &plan] { client->Run(plan.connections / plan.threads); });
  }
  if (!plan.count) usleep(useconds_t(plan.warm_seconds * 1e6));
  for (auto& c : clients) c->record = true;
  Mark start = TakeMark(plan, clients);
  if (!plan.count) usleep(useconds_t(plan.seconds * 1e6));
  while (plan.count && Total(clients, &Counters::ok) < plan.count &&
         NowNs() - start.ns < 120000000000ull) {
    usleep(2000);
  }
  Mark end = TakeMark(plan, clients);
  for (auto& c : clients) c->record = false;
  for (auto& c : clients) c->stop = true;
  for (auto& t : threads) t.join();
  PrintWindow(start, end, Total(clients, &Counters::ok));
  if (plan.rate > 0) PrintLatency(*clients[0]);
  PrintErrors(clients);
  return 0;
}

int RunIdle(const Plan& plan) {
  Clients clients;
  clients.emplace_back(new Client(plan, 0));
  Client& client = *clients[0];
  char line[128];
  while (fgets(line, sizeof line, stdin)) {
    int n = 0;
    if (sscanf(line, "add %d", &n) == 1) {
      client.AddIdle(n);
      printf("{\"open\":%zu,", client.OpenConnections());
      PrintErrors(clients);
    } else if (!strncmp(line, "check", 5)) {
      uint64_t before = client.counters.ok, asked = client.CheckIdle();
      printf("{\"asked\":%lu,\"answered\":%lu}\n", asked, client.counters.ok - before);
      fflush(stdout);
    } else {
      break;
    }
  }
  _exit(0);  // thousands of connections close faster this way
}

}  // namespace

int main(int argc, char** argv) {
  BoundLifetime(300);
  Plan plan = MakePlan(argc, argv);
  return plan.mode == Mode::kIdle ? RunIdle(plan) : RunTimed(plan);
}
