// Process limits: what the operating system gives this process: CPUs, files, memory. Main thread.
#pragma once

#include <cstdint>

namespace sluice {

// CPUs this process may run on (its affinity), at least 1.
uint32_t UsableCpus();
// Raises the soft limit of open files to the hard one: a proxy needs two for every connection.
void RaiseFileLimit();
// Of the heap: bytes in use, and bytes taken from the system.
int64_t AllocatedBytes();
int64_t HeapBytes();
// Gives what is free of it back to the system, the arenas of all threads in turn.
void TrimHeap();

}  // namespace sluice
