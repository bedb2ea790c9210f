// Readings of the machine and of processes, taken at both ends of a measured window.
#pragma once

#include <cstdint>
#include <vector>

struct CpuTime {
  uint64_t ns = 0;                            // all threads, dead ones included
  uint64_t user_ticks = 0, kernel_ticks = 0;  // coarse: only for the share of each
};
CpuTime CpuTimeOf(const std::vector<int>& pids);

struct MachineTicks {
  uint64_t busy = 0, stolen = 0;
};
MachineTicks ReadMachineTicks();

// The q-th quantile of samples in tenths of a microsecond, in microseconds. Reorders `samples`.
double Quantile(std::vector<uint32_t>& samples, double q);
