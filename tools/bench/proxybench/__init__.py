"""The parts of bench.py, in reading order: cli, session, workloads, job, proxy, peers, sluice,
measure, idle, passes, summary, targets, report."""
