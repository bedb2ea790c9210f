"""What Sluice has to reach: one worker on one core, medians of ratios in one run."""

CPU_RATIO = {  # CPU per operation over the relay's; for HTTP/2, which it has not, the best peer's
    'h1-small': 1.25,
    'h1-1k': 1.30,
    'h1-64k': 1.35,
    'h1-post': 1.35,
    'conn': 0.50,
    'tls-h1': 1.25,
    'tls-64k': 1.15,
    'tls-full': 0.70,
    'tls-resume': 0.55,
    'h2-small': 0.90,
    'h2-64k': 0.95,
    'h2-h2c': 0.90,
    'ws-small': 1.05,
    'ws-64k': 1.00,
}
IDLE_BYTES = {  # per idle connection
    'idle-http': 1000,
    'idle-tls': 12 * 1024,
    'idle-h2': 24 * 1024,
    'idle-ws': 2048,  # of both connections
    'idle-wss': 16 * 1024,
}
LATENCY_WORKLOAD = 'latency'  # p99 no worse than the best peer's in the same run
SYSCALLS = {'h1-small': 4.1}
INSTRUCTIONS = {'h1-small': 8000}  # user mode


def _line(workload, what, target, reached, met, peers):
    return {'workload': workload, 'what': what, 'target': target, 'reached': reached, 'met': met,
            'peers': peers}


def _peers(row, key):
    return {n: e[key] for n, e in row['proxies'].items()
            if n not in ('sluice', 'relay', 'direct') and e.get(key) is not None}


def judge(rows, sysc, instr):
    """One line per target that this run can speak about."""
    lines = []
    for row in rows:
        mine = row['proxies'].get('sluice')
        name = row['workload']
        if row['workers'] != 1 or not mine or 'error' in mine:
            continue
        if name in CPU_RATIO and mine.get('cpu_ratio'):
            reference = 'the relay' if row['reference'] == 'relay' else row['reference']
            lines.append(_line(name, 'CPU per operation over %s\'s' % reference, CPU_RATIO[name],
                               mine['cpu_ratio'], mine['cpu_ratio'] <= CPU_RATIO[name],
                               _peers(row, 'cpu_ratio')))
        elif name in IDLE_BYTES:
            lines.append(_line(name, 'bytes per idle connection', IDLE_BYTES[name],
                               mine['pss_per_conn'], mine['pss_per_conn'] <= IDLE_BYTES[name],
                               _peers(row, 'pss_per_conn')))
        elif name == LATENCY_WORKLOAD:
            p99 = {n: e['latency_us']['p99'] for n, e in row['proxies'].items()
                   if e.get('latency_us') and n not in ('relay', 'direct')}
            reached = p99.pop('sluice')
            if p99:
                lines.append(_line(name, 'p99, us', min(p99.values()), reached,
                                   reached <= min(p99.values()), p99))
    for what, table, passes, value in (
            ('system calls per operation', SYSCALLS, sysc, lambda v: v['per_op'].get(
                'total', sum(v['per_op'].values()))),
            ('user-mode instructions per operation', INSTRUCTIONS, instr,
             lambda v: v['instructions_per_op'])):
        for name, target in table.items():
            per = passes.get(name, {})
            if 'sluice' in per:
                lines.append(_line(name, what, target, value(per['sluice']),
                                   value(per['sluice']) <= target,
                                   {n: value(v) for n, v in per.items()
                                    if n not in ('sluice', 'relay')}))
    return lines
