"""From rows to Markdown."""
from .summary import med
from .targets import judge


def fmt(x, d=1):
    if x is None:
        return '-'
    return ('%.*f' % (d, x)) if abs(x) < 1000 else '{:,.0f}'.format(x)


def _table(head, align, rows):
    return ['| ' + ' | '.join(head) + ' |', '|' + '|'.join(align) + '|'] + \
           ['| ' + ' | '.join(r) + ' |' for r in rows]


def _plain_table(first, names, rows):
    return _table([first] + names, ['---'] + ['---:'] * len(names), rows)


def machine_line(meta):
    return '%s; %s; kernel %s; %d cores; rounds %d, %.1f s each; TLS key %s.' % (
        meta['date'], meta['cpu'], meta['kernel'], meta['cores'], meta['rounds'], meta['dur'],
        meta['key'])


def target_table(lines):
    """What the project promised, what was reached, and the peers beside it."""
    rows = []
    for x in lines:
        d = 0 if x['target'] >= 100 else 2
        peers = ' / '.join('%s %s' % (n, fmt(v, d)) for n, v in sorted(x['peers'].items()))
        rows.append([x['workload'], x['what'], peers or '-', fmt(x['target'], d),
                     fmt(x['reached'], d), 'yes' if x['met'] else '**no**'])
    return _table(['workload', 'figure', 'peers', 'target', 'Sluice', 'met'],
                  ['---', '---', '---', '---:', '---:', '---'], rows)


def _workers(n):
    return '%d worker%s' % (n, 's' * (n > 1))


def _cpu_table(timed, names, workers):
    sluice = ['sluice/best peer'] if 'sluice' in names else []
    rows = []
    for r in timed:
        cells, peers = [], {}
        for n in names:
            e = r['proxies'].get(n)
            if e is None:
                cells.append('')
            elif 'error' in e:
                cells.append('failed')
            elif n == 'direct':
                cells.append('0')
            else:
                cells.append('%s (x%s)%s' % (fmt(e['cpu_us_per_op']), fmt(e['cpu_ratio'], 2),
                                             ' !' if e['bad'] else ''))
                if n not in ('relay', 'sluice') and not e['bad']:
                    peers[n] = e['cpu_ratio'] or e['cpu_us_per_op']
        best = min(peers, key=peers.get) if peers else '-'
        mine = r['proxies'].get('sluice', {}).get('cpu_ratio')
        against = ['x' + fmt(mine / peers[best], 2) if peers and mine else ''] if sluice else []
        rows.append([r['workload'], r['unit']] + cells + [best] + against +
                    [str(r.get('reference'))])
    head = ['workload', 'unit'] + names + ['best peer'] + sluice + ['reference']
    align = ['---', '---'] + ['---:'] * len(names) + ['---'] + ['---:'] * len(sluice) + ['---']
    return ['', '## CPU time of the proxy per operation, us (ratio to the reference); %s' %
            _workers(workers), ''] + _table(head, align, rows)


def _cells(timed, names, cell):
    rows = []
    for r in timed:
        row = [r['workload']]
        for n in names:
            e = r['proxies'].get(n)
            row.append('' if not e or 'error' in e else cell(e))
        rows.append(row)
    return rows


def _timed_tables(timed, names, workers):
    o = _cpu_table(timed, names, workers)
    o += ['', '### The same from the least disturbed round of each (others on the machine only '
          'ever add); %s' % _workers(workers), '']
    o += _plain_table('workload', names, _cells(timed, names, lambda e: '%s (x%s)' % (
        fmt(e['cpu_us_min']), fmt(e['cpu_ratio_of_min'], 2)) if e.get('cpu_us_min') else ''))
    o += ['', '### Throughput, operations/s (ratio) [cores used by the proxy]; %s' %
          _workers(workers), '']
    o += _plain_table('workload', names, _cells(timed, names, lambda e: '%s (x%s) [%.2f]' % (
        fmt(e['ops_per_s'], 0), fmt(e['throughput_ratio'], 2), e['cores_used'])))
    o += ['', '### User-mode part of the CPU time, us per operation (share spent in the kernel); '
          '%s' % _workers(workers), '']
    o += _plain_table('workload', names, _cells(timed, names, lambda e: '%s (%d%%)' % (
        fmt(e['user_us_per_op']), round(100 * (e['system_share'] or 0)))
        if e['cpu_us_per_op'] else ''))
    return o + _handshake_table(timed, names, workers)


def _handshake_table(timed, names, workers):
    of = [r for r in timed if r['unit'] == 'handshake']
    if not of:
        return []
    return ['', '### Handshakes per second of the proxy\'s CPU time; %s' % _workers(workers), ''] + \
        _plain_table('workload', names, _cells(of, names, lambda e: fmt(
            1e6 / e['cpu_us_per_op'], 0) if e['cpu_us_per_op'] else ''))


def _latency_tables(timed, names):
    o = []
    for r in timed:
        rows = []
        for n in names:
            e = r['proxies'].get(n)
            if e and 'latency_us' in e:
                lat = e['latency_us']
                rows.append([n] + [fmt(lat[k], 0) for k in ('p50', 'p90', 'p99', 'p999', 'max')] +
                            [fmt(e['cpu_us_per_op'])])
        if rows:
            o += ['', '## Latency, us: %s' % r['what'], '']
            o += _plain_table('proxy', ['p50', 'p90', 'p99', 'p99.9', 'max', 'CPU us/request'],
                              rows)
    return o


def _idle_table(idle, names, steps):
    rows = []
    for r in idle:
        for n in names:
            e = r['proxies'].get(n)
            if not e:
                continue
            if 'error' in e:
                rows.append([r['workload'], n, 'failed: ' + e['error']])
                continue
            rows.append([r['workload'], n + (' !' if e['bad'] else ''),
                         fmt(e['base_pss'] / 2**20)] +
                        ['%.1f (%d)' % (s['pss'] / 2**20, s['connections']) for s in e['steps']] +
                        [fmt(e['pss_per_conn'], 0), fmt(e['after_close']['pss'] / 2**20),
                         fmt(e['idle_cpu_ms_per_s'], 2)])
    head = ['workload', 'proxy', 'base MiB'] + \
        ['at step %d MiB' % (i + 1) for i in range(steps)] + \
        ['bytes per connection', 'after close MiB', 'idle CPU ms/s']
    return ['', '## Memory with idle connections (PSS of all the proxy\'s processes; its sockets\' '
            'kernel memory not included)', ''] + \
        _table(head, ['---', '---'] + ['---:'] * (4 + steps), rows)


def _route_growth(timed, names, workers):
    byname = {r['workload']: r for r in timed}
    rows = []
    for k, what in (('vhost', 'virtual hosts'), ('prefix', 'prefix routes')):
        for size in (1000, 10000):
            cells = []
            for n in names:
                one, many = (byname.get('%s-%d' % (k, s), {}).get('proxies', {}).get(n, {})
                             .get('cpu_ratio') for s in (1, size))
                cells.append('x' + fmt(many / one, 2) if one and many else '')
            if any(cells):
                rows.append(['%d %s' % (size, what)] + cells)
    if not rows:
        return []
    return ['', '## Cost of a larger route table: CPU per request over that with 1 route (each '
            'normalised by the reference), %s' % _workers(workers), ''] + \
        _plain_table('table', names, rows)


def _syscall_tables(sysc):
    o = ['', '## System calls per operation (separate pass)', '']
    for wname, per in sysc.items():
        keys = sorted({k for v in per.values() for k in v['per_op']} - {'total'},
                      key=lambda k: -max(v['per_op'].get(k, 0) for v in per.values()))
        rows = [[n, fmt(v['per_op'].get('total', sum(v['per_op'].values())), 2)] +
                ['%.2f' % v['per_op'][k] if k in v['per_op'] else '' for k in keys]
                for n, v in per.items()]
        o += ['**%s**' % wname, ''] + _plain_table('proxy', ['total'] + keys, rows) + ['']
    return o


def _instruction_table(instr, names):
    rows = [[wname] + [fmt(per[n]['instructions_per_op'], 0) if n in per else '' for n in names]
            for wname, per in instr.items()]
    return ['', '## User-mode instructions per operation (callgrind, separate pass)', ''] + \
        _plain_table('workload', names, rows)


def _validity(rows):
    o = ['', '## Validity', '']
    bad = [(r['workload'], _workers(r['workers']), n, e.get('error') or '%s bad responses %s' % (
        e['bad'], e.get('why') or '')) for r in rows for n, e in r['proxies'].items()
        if e.get('bad') or 'error' in e]
    o += ['- %s (%s), %s: %s' % x for x in bad] or \
        ['- every counted response was a checked 200 of the right length; no errors']
    foreign = [e['foreign_cores'] for r in rows for e in r['proxies'].values()
               if e.get('foreign_cores') is not None]
    if foreign:
        o.append('- CPU used by others on this machine during the windows: median %.2f cores, '
                 'highest %.2f' % (med(foreign), max(foreign)))
    spread = [max(e['cpu_us_runs']) / min(e['cpu_us_runs']) for r in rows
              for e in r['proxies'].values()
              if len(e.get('cpu_us_runs') or []) > 1 and min(e['cpu_us_runs']) > 0]
    if spread:
        o.append('- spread of CPU per operation between rounds (highest/lowest): median %.2f, '
                 'worst %.2f' % (med(spread), max(spread)))
    return o + ['']


def markdown(meta, rows, names, sysc, instr):
    o = ['# Proxy benchmark', '', machine_line(meta), '']
    o += ['- %s: %s' % (n, v) for n, v in meta['versions'].items() if v]
    lines = judge(rows, sysc, instr)
    if lines:
        o += ['', '## Targets', ''] + target_table(lines)
    for workers in sorted({r['workers'] for r in rows}):
        mine = [r for r in rows if r['workers'] == workers]
        timed = [r for r in mine if r['kind'] != 'idle']
        idle = [r for r in mine if r['kind'] == 'idle']
        if timed:
            o += _timed_tables(timed, names, workers) + _latency_tables(timed, names)
        if idle:
            o += _idle_table(idle, names, len(meta['idle']))
        o += _route_growth(timed, names, workers)
    if sysc:
        o += _syscall_tables(sysc)
    if instr:
        o += _instruction_table(instr, names)
    return '\n'.join(o + _validity(rows))


def put_in_page(path, report):
    """Replaces what stands between the marks of a page by the report, one heading level down."""
    with open(path) as f:
        page = f.read()
    begin, end = '<!-- figures: begin -->\n', '<!-- figures: end -->\n'
    if begin not in page or end not in page:
        raise SystemExit('%s has no %s and %s' % (path, begin.strip(), end.strip()))
    body = report.split('\n', 2)[2]  # without its title
    body = body.replace('\n### ', '\n#### ').replace('\n## ', '\n### ')
    with open(path, 'w') as f:
        f.write(page[:page.index(begin)] + begin + '\n' + body + '\n' + page[page.index(end):])
