"""One proxy doing one workload once: CPU time, operations, errors."""
import json
import os
import re
import subprocess
import tempfile
import time

from . import idle
from .job import program, template
from .probe import wait_ready
from .procs import cpu_ns, cpu_ticks, machine_busy, output_of, spawn, stop, tree


class Origin:
    """What is behind the proxies: HTTP/1.1 and WebSocket; for h2c an nginx that only answers."""

    def __init__(self, env, cores, threads, nginx):
        self.env, self.cores, self.nginx = env, cores, nginx
        self.main = spawn([program('backend'), str(env.base + 2), str(threads)], cores,
                          stdout=subprocess.PIPE, text=True)
        if self.main.stdout.readline().strip() != 'READY':
            raise SystemExit('the origin did not start: is port %d taken? (--base-port)' % (
                env.base + 2))
        self.h2c = None

    def need(self, w):
        if w.upstream != 'h2c' or self.h2c or not self.nginx:
            return
        d = tempfile.mkdtemp(dir=self.env.dir)
        p = os.path.join(d, 'h2c.conf')
        with open(p, 'w') as f:
            f.write(template('h2c-backend.conf.in', DIR=d, PORT=self.env.base + 3,
                             BODY=''.join(chr(97 + i % 26) for i in range(64))))
        self.h2c = spawn([self.nginx, '-p', d, '-c', p], self.cores, stdin=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
        wait_ready(self.env.base + 3, self.h2c, http=False)

    def pids(self):
        return [self.main.pid] + ([self.h2c.pid] if self.h2c else [])

    def stop(self):
        stop(self.main)
        stop(self.h2c)


class Place:
    """Where one measurement runs: the origin, and the cores of the proxy and of the load."""

    def __init__(self, options, origin, proxy_cores, load_cores):
        self.options, self.origin = options, origin
        self.proxy_cores, self.load_cores = proxy_cores, load_cores


def load_cmd(w, port, pids, place, threads, **extra):
    a = place.options
    args = dict(w.args)
    args.update(port=port, tls=int(w.tls), warm=a.warm, dur=a.dur, threads=threads)
    if w.latency:
        args.update(dur=max(a.dur, 2.0), threads=1)
    if pids:
        args['pids'] = ','.join(map(str, pids))
    args['be_pid'] = ','.join(map(str, place.origin.pids()))
    args.update(extra)
    return [program('load'), w.kind] + ['%s=%s' % kv for kv in args.items()]


def run_http(w, job, proxy, pids, place):
    port = job.origin if proxy.name == 'direct' else job.tls if w.tls else job.http
    out, p = output_of(load_cmd(w, port, pids, place, job.workers), place.load_cores)
    if p.returncode:
        raise RuntimeError('load generator failed')
    r = json.loads(out)
    if w.args.get('resume') and r['resumed'] < 0.98 * r['ops']:
        r['bad'] += 1
        r['why'] = 'only %d of %d handshakes were resumed' % (r['resumed'], r['ops'])
    if w.args.get('close') and w.tls and not w.args.get('resume') and r['resumed']:
        r['bad'] += 1
        r['why'] = 'handshakes were resumed'
    if r['bad']:
        r.setdefault('why', 'bad responses: %s' % r['errors'])
    return r


def h2load_cmd(w, job, n, threads=1):
    return ['h2load', '-n', str(n), '-c', '16', '-m', '10', '-t', str(threads),
            '--tls13-ciphers=TLS_AES_128_GCM_SHA256', '--groups=X25519',
            '-H', 'user-agent: bench-load/1.0', '-H', 'accept: */*',
            '-H', 'accept-encoding: identity',
            'https://127.0.0.1:%d/b/%d' % (job.tls, w.args['size'])]


def h2load(w, job, n, cores):
    t = time.monotonic()
    out, p = output_of(h2load_cmd(w, job, n, job.workers), cores, stderr=subprocess.STDOUT)
    wall = time.monotonic() - t
    m = re.search(r'finished in ([\d.]+)(\w+), ([\d.]+) req/s', out)
    q = re.search(r'requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, '
                  r'(\d+) errored', out)
    s = re.search(r'status codes: (\d+) 2xx', out)
    d = re.search(r'traffic: .*\((\d+)\) total, .*\((\d+)\) headers.*\((\d+)\) data', out)
    if not (m and q and s and d and p.returncode == 0):
        raise RuntimeError('h2load: ' + out[-300:])
    r = {'ops': int(q.group(2)), 'rps': float(m.group(3)), 'wall': wall, 'bytes': int(d.group(3)),
         'errors': {}, 'bad': int(q.group(3)) + int(q.group(4))}
    if int(s.group(1)) != n or int(d.group(3)) != n * w.args['size']:
        r['bad'] += 1
        r['why'] = '2xx %s, data %s' % (s.group(1), d.group(3))
    if 'Application protocol: h2' not in out or 'TLSv1.3' not in out:
        r['bad'] += 1
        r['why'] = 'not h2 over TLS 1.3'
    return r


def run_h2(w, job, pids, place):
    calibration = h2load(w, job, 400 if w.args['size'] > 4096 else 3000, place.load_cores)
    n = max(500, int(calibration['rps'] * place.options.dur))
    origin = place.origin.pids()

    def mark():
        own = os.times()
        return (cpu_ns(pids), cpu_ticks(pids), cpu_ns(origin), machine_busy(),
                own.children_user + own.children_system, own.user + own.system)

    c0, t0, b0, (busy0, steal0), load0, mine0 = mark()
    r = h2load(w, job, n, place.load_cores)
    c1, t1, b1, (busy1, steal1), load1, mine1 = mark()
    ours = (c1 - c0 + b1 - b0) / 1e9 + load1 - load0 + mine1 - mine0
    r.update(cpu_ns=c1 - c0, utime_s=t1[0] - t0[0], stime_s=t1[1] - t0[1],
             load_cpu_s=load1 - load0, backend_cpu_s=(b1 - b0) / 1e9, steal_s=steal1 - steal0,
             foreign_cores=max(0.0, (busy1 - busy0 - ours) / r['wall']))
    r['wall'] = r['ops'] / r['rps']  # h2load's own, without its start
    return r


def measure(w, proxy, job, place):
    p = proxy.start(job, place.proxy_cores)
    try:
        pids = tree(p.pid) if p else []
        if w.kind == 'idle':
            return idle.run_idle(w, job, proxy, pids, place)
        if w.kind == 'h2':
            return run_h2(w, job, pids, place)
        return run_http(w, job, proxy, pids, place)
    finally:
        stop(p)


def wait_quiet(a):
    """Waits, within a budget for the whole run, until others leave the cores alone."""
    while a.quiet_budget > 0:
        b0, t0 = machine_busy()[0], time.time()
        time.sleep(0.12)
        dt = time.time() - t0
        if (machine_busy()[0] - b0) / dt <= a.noise:
            return
        time.sleep(0.4)
        a.quiet_budget -= time.time() - t0


def attempt(w, proxy, job, place):
    try:
        return measure(w, proxy, job, place)
    except (RuntimeError, ValueError, subprocess.TimeoutExpired) as e:
        return {'why': str(e).replace(job.env.dir, '')[-400:], 'bad': 1}


def quietest_attempt(w, proxy, job, place):
    """Once more if others disturbed it, within the budget for the whole run."""
    a = place.options
    wait_quiet(a)
    r = attempt(w, proxy, job, place)
    if r.get('foreign_cores', 0) > a.noise and a.again > 0:
        a.again -= 1
        second = attempt(w, proxy, job, place)
        if second.get('ops') and second['foreign_cores'] < r['foreign_cores']:
            return second
    return r
