"""Memory per idle connection: what thousands of connections that did one exchange each cost."""
import json
import resource
import subprocess
import time

from .job import program
from .procs import CHILDREN, cpu_ns, memory, spawn

BASE = 64  # connections of the base: first use of everything is not charged to the idle ones
SETTLE_SECONDS = 0.7
QUIET_SECONDS = 2  # the deadlines of the exchanges have run out then
IDLE_SECONDS = 5  # a look at the heap is among them


class IdleLoad:
    def __init__(self, job, w, cores):
        kind = w.args.get('protocol')
        self.process = spawn(
            [program('load'), 'idle', 'port=%d' % (job.tls if w.tls else job.http),
             'tls=%d' % w.tls, 'size=%d' % (32 if 'upgrade' in w.features else 64)] +
            (['kind=' + kind] if kind else []), cores, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def quit(self):
        self.process.stdin.write('quit\n')
        self.process.stdin.close()
        self.process.wait(20)
        CHILDREN.remove(self.process)


def run_idle(w, job, proxy, pids, place):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # two descriptors a connection for an upgraded one, and always for the relay
    two = 'upgrade' in w.features or proxy.name == 'relay'
    most = (limit - 200) // 2 if two else limit - 1200
    load = IdleLoad(job, w, place.load_cores)
    r = {'steps': [], 'bad': 0, 'errors': {}}
    load.ask('add %d' % BASE)
    time.sleep(SETTLE_SECONDS)
    r['base'] = memory(pids)
    have = BASE
    for n in [min(n, most) for n in place.options.idle]:
        got = load.ask('add %d' % (n - have))
        have = n
        time.sleep(SETTLE_SECONDS)
        r['steps'].append({'connections': got['open'], **memory(pids)})
        if got['open'] != n:
            r['bad'] += 1
            r.setdefault('why', '%d of %d connections open: %s' % (got['open'], n, got['errors']))
    time.sleep(QUIET_SECONDS)
    c0 = cpu_ns(pids)
    time.sleep(IDLE_SECONDS)
    r['idle_cpu_ms_per_s'] = (cpu_ns(pids) - c0) / 1e6 / IDLE_SECONDS
    chk = load.ask('check')
    if chk['asked'] != chk['answered'] or chk['asked'] < have // 10:
        r['bad'] += 1
        r.setdefault('why', 'check: %s' % chk)
    load.quit()
    time.sleep(SETTLE_SECONDS)
    r['after_close'] = memory(pids)
    last = r['steps'][-1]
    if last['connections'] <= BASE:
        raise RuntimeError(r.get('why', 'no idle connections'))
    r['per_conn'] = {k: (last[k] - r['base'][k]) / (last['connections'] - BASE)
                     for k in ('rss', 'pss')}
    return r
