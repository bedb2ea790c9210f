"""A whole run: every chosen workload by every chosen proxy, interleaved round by round."""
import datetime
import json
import os
import platform
import re
import subprocess
import time

from .job import Job
from .measure import Origin, Place, quietest_attempt
from .passes import InstructionCounter, SyscallCounter
from .peers import Nginx
from .procs import note
from .report import fmt
from .summary import summarise
from .workloads import TWO_WORKER_SET


def cpu_model():
    with open('/proc/cpuinfo') as f:
        m = re.search(r'model name\s*:\s*(.*)', f.read())
    return m.group(1) if m else platform.machine()


class Session:
    def __init__(self, options, env, chosen, proxies):
        self.options, self.env, self.chosen, self.proxies = options, env, chosen, proxies
        self.rows, self.syscalls, self.instructions = [], {}, {}
        self.started = time.time()
        self.meta = {
            'date': datetime.datetime.now().strftime('%Y-%m-%d %H:%M'),
            'kernel': platform.release(), 'cpu': cpu_model(), 'cores': os.cpu_count(),
            'rounds': options.rounds, 'dur': options.dur, 'key': options.key, 'idle': options.idle,
            'versions': {n: p.version() for n, p in proxies.items()}}

    def result(self):
        return {'meta': self.meta, 'rows': self.rows, 'syscalls': self.syscalls,
                'instructions': self.instructions}

    def failed(self):
        return any(e.get('bad') or 'error' in e for r in self.rows for e in r['proxies'].values())

    def run(self):
        a = self.options
        counter = SyscallCounter() if a.syscalls else InstructionCounter() if a.instr else None
        counts = [1] if counter else {'1': [1], '2': [2], 'both': [1, 2]}[a.workers]
        for workers in counts:
            both = a.proxy_core + ',' + a.load_core
            cores = (a.proxy_core, a.load_core) if workers == 1 else (both, both)
            origin = Origin(self.env, cores[1], workers, Nginx().available())
            place = Place(a, origin, *cores)
            for w in self.chosen:
                if workers == 2 and (w.kind == 'idle' or (a.workers == 'both' and
                                                          w.name not in TWO_WORKER_SET)):
                    continue
                origin.need(w)
                job = Job(self.env, workers, w)
                here = [n for n, p in self.proxies.items() if p.supports(w)]
                if counter:
                    self._count(counter, w, job, place, here)
                else:
                    self._workload(w, job, place, here)
            origin.stop()
        self.meta['seconds'] = round(time.time() - self.started)

    def _count(self, counter, w, job, place, here):
        into = self.syscalls if self.options.syscalls else self.instructions
        if w.kind == 'idle' or w.latency:
            return
        for n in here:
            if n == 'direct':
                continue
            try:
                r = counter.run(w, self.proxies[n], job, place)
                into.setdefault(w.name, {})[n] = r
                note(counter.how(), w.name, n, json.dumps(r))
            except (RuntimeError, ValueError, subprocess.TimeoutExpired) as e:
                note('%s %s: %s' % (w.name, n, e))

    def _workload(self, w, job, place, here):
        runs = {n: [] for n in here}
        for i in range(1 if w.kind == 'idle' else self.options.rounds):
            first = i % len(here) if here else 0
            for n in here[first:] + here[:first]:
                if runs[n] and not any(r.get('ops') for r in runs[n]):
                    continue  # it failed in the first round
                r = quietest_attempt(w, self.proxies[n], job, place)
                runs[n].append(r)
                if r.get('why'):
                    note('  %s %s: %s' % (w.name, n, r['why']))
        row = summarise(w, job.workers, here, runs, self.options.ref)
        row['runs'] = runs
        self.rows.append(row)
        cells = []
        for n, e in row['proxies'].items():
            if 'error' in e:
                cells.append(n + ' failed')
                continue
            figure = '%sB' % fmt(e['pss_per_conn'], 0) if w.kind == 'idle' else \
                '%s(x%s)' % (fmt(e['cpu_us_per_op']), fmt(e['cpu_ratio'], 2))
            cells.append('%s %s%s' % (n, figure, '!' if e.get('bad') else ''))
        note('%5.0fs %d %-13s' % (time.time() - self.started, job.workers, w.name),
             '  '.join(cells))
