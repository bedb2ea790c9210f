#include "samples.h"

#include <algorithm>

#include "common.h"

CpuTime CpuTimeOf(const std::vector<int>& pids) {
  CpuTime r;
  for (int pid : pids) {
    timespec ts;
    clockid_t id = ((~clockid_t(pid)) << 3) | 2;  // the CPU clock of a whole process
    if (clock_gettime(id, &ts) == 0) {
      r.ns += uint64_t(ts.tv_sec) * 1000000000ull + uint64_t(ts.tv_nsec);
    }
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE* f = fopen(path, "r");
    if (!f) continue;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char* after_name = strrchr(text, ')');
    unsigned long long user = 0, kernel = 0;
    if (after_name) {
      sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
             &kernel);
    }
    r.user_ticks += user;
    r.kernel_ticks += kernel;
  }
  return r;
}

MachineTicks ReadMachineTicks() {
  MachineTicks m;
  FILE* f = fopen("/proc/stat", "r");
  unsigned long long user = 0, nice = 0, kernel = 0, idle = 0, wait = 0, irq = 0, softirq = 0,
                     stolen = 0;
  if (f) {
    if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &kernel, &idle,
               &wait, &irq, &softirq, &stolen) != 8) {
      user = 0;
    }
    fclose(f);
  }
  m.busy = user + nice + kernel + irq + softirq;
  m.stolen = stolen;
  return m;
}

double Quantile(std::vector<uint32_t>& samples, double q) {
  if (samples.empty()) return 0;
  size_t i = std::min(samples.size() - 1, size_t(q * double(samples.size())));
  std::nth_element(samples.begin(), samples.begin() + long(i), samples.end());
  return samples[i] / 10.0;
}
