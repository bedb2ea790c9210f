"""Processes: starting them so that they never outlive the harness, and what they used."""
import atexit
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time

CHILDREN = []
PR_SET_PDEATHSIG = 1
autogroup_nice = 0  # --priority


def note(*words):
    print(*words, file=sys.stderr, flush=True)


def _child_setup():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Every process is its own session: under autogroup scheduling the kernel shares the CPU out
    # between sessions, whatever their nice values, so all the proxies must stand alike in this.
    try:
        with open('/proc/self/autogroup', 'w') as f:
            f.write(str(autogroup_nice))
    except OSError:
        pass


def spawn(cmd, cores, env=None, **kw):
    p = subprocess.Popen(['taskset', '-c', cores] + cmd, preexec_fn=_child_setup,
                         start_new_session=True, env={**os.environ, **(env or {})}, **kw)
    CHILDREN.append(p)
    return p


def output_of(cmd, cores, seconds=60, **kw):
    """Runs to the end; (standard output, process)."""
    p = spawn(cmd, cores, stdout=subprocess.PIPE, text=True, **kw)
    out, _ = p.communicate(timeout=seconds)
    CHILDREN.remove(p)
    return out, p


def stop(p):
    if p is None:
        return
    if p.poll() is None:
        p.terminate()
        try:
            p.wait(4)
        except subprocess.TimeoutExpired:
            for pid in tree(p.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            p.wait()
    for f in (p.stdin, p.stdout, p.stderr):
        if f:
            f.close()
    if p in CHILDREN:
        CHILDREN.remove(p)


@atexit.register
def stop_all():
    for p in list(CHILDREN):
        stop(p)


def tree(pid):
    """The process and all its descendants."""
    out = [pid]
    try:
        for t in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/children' % (pid, t)) as f:
                for c in f.read().split():
                    out += tree(int(c))
    except OSError:
        pass
    return out


def cpu_ns(pids):
    """CPU time of whole processes: the nanosecond clock that /proc/PID/stat rounds to ticks."""
    n = 0
    for pid in pids:
        try:
            n += int(time.clock_gettime(((~pid) << 3) | 2) * 1e9)
        except OSError:
            pass
    return n


def cpu_ticks(pids):
    """(user, kernel) seconds, in ticks: good enough for the share of each."""
    user = kernel = 0
    for pid in pids:
        try:
            with open('/proc/%d/stat' % pid) as f:
                x = f.read().rsplit(')', 1)[1].split()
            user += int(x[11])
            kernel += int(x[12])
        except OSError:
            pass
    hz = os.sysconf('SC_CLK_TCK')
    return user / hz, kernel / hz


def machine_busy():
    """(busy, stolen) CPU seconds of the machine."""
    with open('/proc/stat') as f:
        x = [int(v) for v in f.readline().split()[1:9]]
    hz = os.sysconf('SC_CLK_TCK')
    return (x[0] + x[1] + x[2] + x[5] + x[6]) / hz, x[7] / hz


def memory(pids):
    """RSS and PSS in bytes."""
    r = {'rss': 0, 'pss': 0}
    for pid in pids:
        try:
            with open('/proc/%d/smaps_rollup' % pid) as f:
                for line in f:
                    k, _, v = line.partition(':')
                    if k in ('Rss', 'Pss'):
                        r[k.lower()] += int(v.split()[0]) * 1024
        except OSError:
            pass
    return r


def first_line(cmd):
    try:
        r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           timeout=10)
        return r.stdout.strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return ''
