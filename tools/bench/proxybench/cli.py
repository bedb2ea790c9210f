"""Command line: which workloads, which proxies, which pass; runs them and prints the report."""
import argparse
import json
import os
import shutil
import signal
import socket
import sys
import tempfile

from . import procs
from .job import BUILD, Env, build_programs
from .peers import Caddy, Direct, HAProxy, HAProxyBig, Nghttpx, Nginx, NginxBig, Relay
from .procs import note, stop_all
from .report import markdown, put_in_page
from .session import Session
from .sluice import FEATURES, Sluice
from .summary import summarise
from .workloads import select, workloads

PROXIES = {p.name: p for p in (Direct(), Relay(), HAProxy(), HAProxyBig(), Nginx(), NginxBig(),
                               Nghttpx(), Caddy(), Sluice())}
DEFAULT_PROXIES = ['relay', 'haproxy', 'haproxy-big', 'nginx', 'nginx-big', 'nghttpx', 'sluice']


def parse_options(argv):
    ap = argparse.ArgumentParser(
        prog='bench.py', description='Compares Sluice with other proxies doing the same jobs.')
    add = ap.add_argument
    add('--list', action='store_true', help='list the workloads and proxies, and stop')
    add('-w', '--workloads', default=None,
        help='names, letters or prefixes*, comma separated, or "all"; default: those that '
        'this tree\'s Sluice can do')
    add('-p', '--proxies', default=','.join(DEFAULT_PROXIES), help='comma separated')
    add('--workers', default='1', choices=['1', '2', 'both'],
        help='1 worker on one core; 2 workers sharing both cores with the load; both: all '
        'workloads at 1, a subset at 2')
    add('--rounds', type=int, default=3)
    add('--dur', type=float, default=1.2, help='measured seconds per proxy per round')
    add('--warm', type=float, default=0.4)
    add('--ref', default='relay',
        help='reference of the ratios; where it cannot do a workload, the best peer is')
    add('--rate', type=int, default=5000, help='requests/s of the latency workload')
    add('--idle', default='5000,10000',
        help='idle connection counts (cut to what the descriptor limit allows)')
    add('--key', default='ecdsa', choices=['ecdsa', 'rsa'])
    add('--proxy-core', default='0')
    add('--load-core', default='1')
    add('--base-port', type=int, default=21000)
    add('--nginx-buffers', default='', help='nginx directives, e.g. "proxy_buffers 8 16k;"')
    add('--haproxy-tuning', default='', help='a haproxy global directive')
    add('--syscalls', action='store_true', help='only count system calls per operation')
    add('--instr', action='store_true', help='only count user-mode instructions (callgrind)')
    add('--noise', type=float, default=0.3,
        help='a window in which others used more CPU than this (cores) is measured once more')
    add('--priority', type=int, default=-10,
        help='nice value of the benchmark\'s own scheduling groups, where permitted')
    add('--again', type=int, default=60,
        help='how many windows the whole run may measure once more')
    add('--quiet-wait', type=float, default=60, dest='quiet_budget',
        help='seconds that the whole run may wait for others to leave the cores alone')
    add('--out', default=None, help='writes OUT.md and OUT.json; default: build/last')
    add('--render', default=None, metavar='JSON[,JSON]',
        help='only print the report of earlier runs and passes, put together')
    add('--page', default=None, metavar='FILE',
        help='with --render: puts the report between the marks in this Markdown page')
    add('--max-seconds', type=int, default=1500)
    a = ap.parse_args(argv)
    a.idle = [int(x) for x in a.idle.split(',')]
    return a


def print_list(every):
    for w in every:
        print('%s  %-13s %s%s' % (w.letter, w.name, w.what,
                                  '' if w.features <= FEATURES else ' [peers only]'))
    print('proxies:', ', '.join('%s%s' % (n, '' if p.available() else ' (not found)')
                                for n, p in PROXIES.items()))


def chosen_proxies(words):
    names = words.split(',')
    for n in list(names):
        if n not in PROXIES:
            raise SystemExit('no proxy ' + n)
        if not PROXIES[n].available():
            note('%s: not found, left out%s' % (n, ' (set SLUICE_BIN)' if n == 'sluice' else ''))
            names.remove(n)
    return names


def check_ports(base):
    for i in range(4):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(('127.0.0.1', base + i))
            except OSError:
                raise SystemExit('port %d is in use: choose another --base-port' % (base + i))


def write_out(a, report, result):
    print(report)
    out = a.out or os.path.join(BUILD, 'last')
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    with open(out + '.md', 'w') as f:
        f.write(report)
    with open(out + '.json', 'w') as f:
        json.dump(result, f, separators=(',', ':'))


def render(a, byname):
    """Puts the rounds and passes of several result files together into one report."""
    meta, runs_of, sysc, instr = None, {}, {}, {}
    for path in a.render.split(','):
        with open(path) as f:
            j = json.load(f)
        meta = meta or j['meta']
        for r in j['rows']:
            have = runs_of.setdefault((r['workload'], r['workers']), {n: [] for n in r['runs']})
            rounds = max(map(len, have.values()), default=0)
            for n, v in r['runs'].items():
                # keep the rounds aligned, so that ratios stay within a round
                have.setdefault(n, []).extend([{}] * (rounds - len(have.get(n, []))) + v)
        for mine, theirs in ((sysc, j['syscalls']), (instr, j['instructions'])):
            for w, per in theirs.items():
                mine.setdefault(w, {}).update(per)
    rows = []
    for (name, workers), runs in runs_of.items():
        rows.append({**summarise(byname[name], workers, list(runs), runs, a.ref), 'runs': runs})
    rows.sort(key=lambda r: (r['workers'], list(byname).index(r['workload'])))
    if rows:
        meta['rounds'] = max(len(v) for r in rows for v in r['runs'].values())
    names = [n for n in PROXIES if any(n in r['proxies'] for r in rows) or
             any(n in per for t in (sysc, instr) for per in t.values())]
    report = markdown(meta, rows, names, sysc, instr)
    if a.page:
        put_in_page(a.page, report)
    elif a.out:
        write_out(a, report, {'meta': meta, 'rows': rows, 'syscalls': sysc, 'instructions': instr})
    else:
        print(report)
    return 0


def main(argv=None):
    a = parse_options(argv)
    procs.autogroup_nice = a.priority
    every = workloads(a.rate)
    if a.list:
        print_list(every)
        return 0
    if a.render:
        return render(a, {w.name: w for w in every})
    chosen = select(every, a.workloads) if a.workloads else \
        [w for w in every if w.features <= FEATURES]
    names = chosen_proxies(a.proxies)
    if any(w.kind == 'h2' for w in chosen) and not shutil.which('h2load'):
        note('h2load not found: h2 workloads left out')
        chosen = [w for w in chosen if w.kind != 'h2']
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGALRM, lambda *_: (note('out of time'), sys.exit(3)))
    signal.alarm(a.max_seconds)
    build_programs(note)
    check_ports(a.base_port)
    with tempfile.TemporaryDirectory(prefix='proxybench-') as d:
        env = Env(d, a.base_port, a.key, a.nginx_buffers, a.haproxy_tuning)
        try:
            session = Session(a, env, chosen, {n: PROXIES[n] for n in names})
            session.run()
        finally:
            stop_all()
    write_out(a, markdown(session.meta, session.rows, names, session.syscalls,
                          session.instructions), session.result())
    return 1 if session.failed() else 0
