#!/usr/bin/env python3
"""The parts of the benchmark that decide: what is chosen, what is computed, what is printed."""
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from proxybench import report, targets  # noqa: E402
from proxybench.job import Job, template  # noqa: E402
from proxybench.sluice import FEATURES, Sluice  # noqa: E402
from proxybench.summary import summarise  # noqa: E402
from proxybench.workloads import select, workloads  # noqa: E402

ALL = workloads(5000)
BY_NAME = {w.name: w for w in ALL}


class Env:
    base, cert, key = 21000, 'cert.pem', 'key.pem'


def timed(cpu_us, latency=None):
    r = {'ops': 1000, 'wall': 0.1, 'cpu_ns': cpu_us * 1e6, 'utime_s': 1, 'stime_s': 3,
         'foreign_cores': 0.0, 'steal_s': 0.0, 'bad': 0}
    if latency:
        r['latency_us'] = dict.fromkeys(
            ('p50', 'p90', 'p99', 'p999', 'max', 'svc_p50', 'svc_p99', 'svc_p999'), latency)
    return r


def row(name, **runs):
    return summarise(BY_NAME[name], 1, list(runs), runs, 'relay')


class Selection(unittest.TestCase):
    def test_by_name_letter_and_prefix_without_doubles(self):
        self.assertEqual([w.name for w in select(ALL, 'conn,a,h1-*')],
                         ['conn', 'h1-small', 'h1-1k', 'h1-64k', 'h1-post'])
        self.assertEqual(select(ALL, 'all'), ALL)
        self.assertRaises(SystemExit, select, ALL, 'h3')

    def test_every_target_has_a_workload_that_sluice_runs(self):
        names = [*targets.CPU_RATIO, *targets.IDLE_BYTES, *targets.SYSCALLS,
                 *targets.INSTRUCTIONS, targets.LATENCY_WORKLOAD]
        for name in names:
            self.assertTrue(Sluice().supports(BY_NAME[name]), name)


class Figures(unittest.TestCase):
    def test_ratios_are_taken_round_by_round(self):
        r = row('h1-small', relay=[timed(10), timed(20), timed(10)],
                sluice=[timed(12), timed(24), timed(30)])
        self.assertAlmostEqual(r['proxies']['sluice']['cpu_ratio'], 1.2)
        self.assertAlmostEqual(r['proxies']['sluice']['cpu_ratio_of_min'], 1.2)
        self.assertAlmostEqual(r['proxies']['sluice']['user_us_per_op'], 24 / 4)

    def test_handshakes_are_also_given_per_second_of_cpu_time(self):
        r = row('ws-handshake', relay=[timed(20)])
        self.assertIn('| ws-handshake | 50,000 |', report.markdown(META, [r], ['relay'], {}, {}))

    def test_a_failed_proxy_is_an_error_and_no_figure(self):
        r = row('h1-small', relay=[timed(10)], nginx=[{'why': 'not ready', 'bad': 1}])
        self.assertEqual(r['proxies']['nginx'], {'error': 'not ready'})
        self.assertIn('- h1-small (1 worker), nginx: not ready',
                      report.markdown(META, [r], ['relay', 'nginx'], {}, {}))

    def test_the_best_peer_is_the_reference_where_the_relay_cannot(self):
        r = row('h2-small', haproxy=[timed(10)], nghttpx=[timed(8)], sluice=[timed(4)])
        self.assertEqual(r['reference'], 'nghttpx')


META = {'date': 'd', 'cpu': 'c', 'kernel': 'k', 'cores': 2, 'rounds': 1, 'dur': 1.0, 'key': 'ecdsa',
        'idle': [5000], 'versions': {}}


class Judgement(unittest.TestCase):
    def verdicts(self, rows=(), sysc=None, instr=None):
        return {(x['workload'], x['what'].split()[0]): x['met']
                for x in targets.judge(rows, sysc or {}, instr or {})}

    def test_cpu(self):
        limit = targets.CPU_RATIO['h1-small']
        for us, met in ((limit * 10 - 0.1, True), (limit * 10 + 0.1, False)):
            rows = [row('h1-small', relay=[timed(10)], sluice=[timed(us)])]
            self.assertEqual(self.verdicts(rows), {('h1-small', 'CPU'): met})

    def test_latency_is_against_the_best_peer_and_not_the_relay(self):
        for p99, met in ((500, True), (501, False)):
            rows = [row('latency', relay=[timed(10, 100)], nginx=[timed(10, 500)],
                        haproxy=[timed(10, 900)], sluice=[timed(10, p99)])]
            self.assertEqual(self.verdicts(rows), {('latency', 'p99,'): met})

    def test_passes(self):
        self.assertEqual(
            self.verdicts(sysc={'h1-small': {'sluice': {'per_op': {'recvfrom': 2, 'sendto': 2.2}}}},
                          instr={'h1-small': {'sluice': {'instructions_per_op': 7000}}}),
            {('h1-small', 'system'): False, ('h1-small', 'user-mode'): True})

    def test_a_miss_is_printed(self):
        rows = [row('h1-small', relay=[timed(10)], sluice=[timed(20)])]
        text = report.markdown(META, rows, ['relay', 'sluice'], {}, {})
        self.assertIn('| 1.25 | 2.00 | **no** |', text)


class SluiceConfiguration(unittest.TestCase):
    def bootstrap(self, name):
        return Sluice().bootstrap(Job(Env, 1, BY_NAME[name]))

    def test_parts_are_there_only_for_the_workloads_that_need_them(self):
        for word, feature in (('DownstreamTlsContext', 'tls'), ('http2_protocol_options', 'h2c')):
            for w in ALL:
                if not w.routes:
                    self.assertEqual(word in self.bootstrap(w.name), feature in w.features, w.name)

    def test_braces_match_and_routes_are_all_there(self):
        for name, count in (('vhost-1000', 1000), ('prefix-1000', 1000), ('h2-h2c', 2)):
            text = self.bootstrap(name)
            self.assertEqual(text.count('{'), text.count('}'))
            self.assertEqual(text.count('routes {'), count)

    def test_features_are_known_words(self):
        self.assertLessEqual(FEATURES, {'tls', 'http2', 'h2c', 'upgrade'})

    def test_a_template_that_is_not_filled_in_is_refused(self):
        self.assertRaises(SystemExit, template, 'haproxy.cfg.in', WORKERS=1)


class Page(unittest.TestCase):
    def test_only_what_is_between_the_marks_changes(self):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, 'page.md')
            for text in ('new', 'newer'):
                if text == 'new':
                    with open(path, 'w') as f:
                        f.write('a\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nb\n')
                report.put_in_page(path, '# Title\n\n%s\n\n## Part\n\n### Small\n' % text)
                with open(path) as f:
                    self.assertEqual(
                        f.read(), 'a\n<!-- figures: begin -->\n\n%s\n\n### Part\n\n#### Small\n\n'
                        '<!-- figures: end -->\nb\n' % text)
            with open(path, 'w') as f:
                f.write('no marks\n')
            self.assertRaises(SystemExit, report.put_in_page, path, '# T\n\nx')


if __name__ == '__main__':
    unittest.main()
