"""The two separate passes: system calls and user-mode instructions per operation."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time

from .measure import h2load_cmd, load_cmd
from .procs import CHILDREN, output_of, spawn, stop, tree

SYSCALLS = (
    'read readv recvfrom recvmsg write writev sendto sendmsg sendfile splice epoll_wait '
    'epoll_pwait epoll_pwait2 epoll_ctl accept4 accept connect socket close shutdown setsockopt '
    'getsockopt getsockname getpeername ioctl fcntl futex sched_yield io_uring_enter '
    'timerfd_settime gettimeofday clock_gettime brk mmap munmap madvise getrandom').split()
TRACEPOINTS = '/sys/kernel/tracing/events/syscalls/sys_enter_'


def answered(w, out):
    """(operations, bad ones) from the output of the load generator of this workload."""
    if w.kind == 'h2':
        q = re.search(r'requests: (\d+) total.* (\d+) succeeded, (\d+) failed, (\d+) errored', out)
        return int(q.group(2)), int(q.group(3)) + int(q.group(4))
    r = json.loads(out)
    return r['total_ok'], r['bad']


class SyscallCounter:
    """Kernel tracepoints counted by perf where permitted, or else strace -c -f."""

    def __init__(self):
        self.tracepoints = [s for s in SYSCALLS if os.path.isdir(TRACEPOINTS + s)]
        self.have_perf = False
        try:
            self.have_perf = bool(self.tracepoints) and subprocess.run(
                ['perf', 'stat', '-e', 'raw_syscalls:sys_enter', 'true'],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        except OSError:
            pass

    def how(self):
        return 'perf' if self.have_perf else 'strace'

    def run(self, w, proxy, job, place):
        p = proxy.start(job, place.proxy_cores)
        try:
            pids = [str(x) for x in tree(p.pid)]
            if w.kind == 'h2':
                cmd = h2load_cmd(w, job, 20000 if w.args['size'] < 4096 else 3000)
            else:
                cmd = load_cmd(w, job.tls if w.tls else job.http, [], place, job.workers, warm=0.1,
                               dur=3.0)
            count = self._perf if self.have_perf else self._strace
            counts, out = count(cmd, pids, job, place)
            n, bad = answered(w, out)
            return {'ops': n, 'bad': bad, 'per_op': {k: round(v / n, 3) for k, v in counts.items()
                                                     if v / n >= 0.02}}
        finally:
            stop(p)

    def _perf(self, cmd, pids, job, place):
        events = ['raw_syscalls:sys_enter'] + ['syscalls:sys_enter_' + s for s in self.tracepoints]
        path = os.path.join(job.env.dir, 'perf.csv')
        out, _ = output_of(['perf', 'stat', '-x', ',', '-o', path] +
                           [x for e in events for x in ('-e', e)] +
                           ['-p', ','.join(pids), '--'] + cmd, place.load_cores)
        counts = {}
        with open(path) as f:
            for line in f:
                x = line.split(',')
                if len(x) > 2 and x[0].strip().isdigit():
                    name = x[2].split('sys_enter_')[-1].replace('raw_syscalls:sys_enter', 'total')
                    counts[name] = int(x[0])
        return counts, out

    def _strace(self, cmd, pids, job, place):
        path = os.path.join(job.env.dir, 'strace.txt')
        t = spawn(['strace', '-c', '-f', '-o', path] + [x for q in pids for x in ('-p', q)],
                  place.proxy_cores, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        out = subprocess.run(['taskset', '-c', place.load_cores] + cmd, stdout=subprocess.PIPE,
                             text=True, timeout=60).stdout
        t.send_signal(signal.SIGINT)
        t.wait(10)
        CHILDREN.remove(t)
        counts = {}
        with open(path) as f:
            for line in f:
                x = line.split()
                if len(x) >= 5 and x[0].replace('.', '').isdigit():
                    counts[x[-1]] = int(x[3])
        return counts, out


class InstructionCounter:
    """callgrind: the difference of a long and a short run, so that the start does not count."""

    def how(self):
        return 'callgrind'

    def run(self, w, proxy, job, place):
        got = []
        for count in ((60, 180) if w.args.get('close') and w.tls else (1000, 4000)):
            got.append(self._once(w, proxy, job, place, count))
        return {'instructions_per_op': round((got[1][0] - got[0][0]) / (got[1][1] - got[0][1]))}

    def _once(self, w, proxy, job, place, count):
        d = tempfile.mkdtemp(dir=job.env.dir)
        log = open(os.path.join(d, 'vg'), 'w+')
        p = proxy.start(job, place.proxy_cores, instr=True, stderr=log, prefix=[
            'valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'])
        try:
            cmd = h2load_cmd(w, job, count) if w.kind == 'h2' else \
                load_cmd(w, job.tls if w.tls else job.http, [], place, 1, warm=0, count=count)
            out = subprocess.run(['taskset', '-c', place.load_cores] + cmd, stdout=subprocess.PIPE,
                                 text=True, timeout=150).stdout
            ops, bad = answered(w, out)
            p.send_signal(signal.SIGTERM)
            try:
                p.wait(30)
            except subprocess.TimeoutExpired:
                pass
        finally:
            stop(p)
        log.seek(0)
        instructions = [int(x) for x in re.findall(r'Collected : (\d+)', log.read())]
        if not instructions or bad:
            raise RuntimeError('no instruction count')
        return max(instructions), ops
