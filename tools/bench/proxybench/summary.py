"""From the rounds of one workload to one row of figures."""
import statistics


def med(v):
    return statistics.median(v) if v else None


def summarise(w, workers, names, runs, ref):
    row = {'workload': w.name, 'letter': w.letter, 'what': w.what, 'unit': w.unit,
           'workers': workers, 'kind': w.kind, 'proxies': {}}
    good = 'per_conn' if w.kind == 'idle' else 'ops'
    present = [n for n in names if any(r.get(good) for r in runs[n])]
    for n in names:
        if n not in present:
            row['proxies'][n] = {'error': runs[n][-1].get('why', 'failed') if runs[n] else 'failed'}
    if w.kind == 'idle':
        for n in present:
            row['proxies'][n] = _idle(runs[n])
        return row
    per = {n: [r['cpu_ns'] / 1000 / r['ops'] if r.get('ops') else None for r in runs[n]]
           for n in names}
    thr = {n: [r['ops'] / r['wall'] if r.get('ops') else None for r in runs[n]] for n in names}
    refname = ref if ref in present else None
    if not refname and present:  # where the reference cannot do a workload, the best peer is it
        real = [n for n in present if n not in ('direct', 'sluice')] or present
        refname = min(real, key=lambda n: med([x for x in per[n] if x is not None]))
    row['reference'] = refname
    for n in present:
        row['proxies'][n] = _timed(w, runs[n], per[n], thr[n], per[refname], thr[refname])
    return row


def _idle(runs):
    rs = [r for r in runs if 'per_conn' in r]
    r = rs[-1]
    return {'pss_per_conn': r['per_conn']['pss'], 'rss_per_conn': r['per_conn']['rss'],
            'base_pss': r['base']['pss'], 'steps': r['steps'], 'after_close': r['after_close'],
            'idle_cpu_ms_per_s': r['idle_cpu_ms_per_s'], 'bad': sum(x['bad'] for x in rs),
            'why': r.get('why')}


def _timed(w, runs, per, thr, ref_per, ref_thr):
    ok = [i for i, x in enumerate(per) if x is not None]
    rs = [runs[i] for i in ok]
    both = [i for i in ok if i < len(ref_per) and ref_per[i]]
    cpu = [per[i] for i in ok]
    user, kernel = sum(r['utime_s'] for r in rs), sum(r['stime_s'] for r in rs)
    ref_ok = [x for x in ref_per if x is not None]
    e = {'cpu_us_per_op': med(cpu), 'cpu_us_runs': cpu, 'ops_per_s': med([thr[i] for i in ok]),
         'cpu_ratio': med([per[i] / ref_per[i] for i in both]) if both else None,
         'throughput_ratio': med([thr[i] / ref_thr[i] for i in both]) if both else None,
         'system_share': kernel / (user + kernel) if user + kernel else None,
         'cores_used': med([r['cpu_ns'] / 1e9 / r['wall'] for r in rs]),
         'foreign_cores': med([r['foreign_cores'] for r in rs]),
         'steal_s': sum(r['steal_s'] for r in rs),
         # others' work only ever adds: the least disturbed round of each
         'cpu_us_min': min(cpu),
         'cpu_ratio_of_min': min(cpu) / min(ref_ok) if any(ref_ok) else None,
         'bad': sum(r['bad'] for r in runs if r),
         'why': next((r['why'] for r in rs if r.get('why')), None)}
    if e['cpu_us_per_op']:
        e['user_us_per_op'] = e['cpu_us_per_op'] * (1 - (e['system_share'] or 0))
    if w.latency:
        e['latency_us'] = {k: med([r['latency_us'][k] for r in rs]) for k in
                           ('p50', 'p90', 'p99', 'p999', 'max', 'svc_p50', 'svc_p99', 'svc_p999')}
    return e
