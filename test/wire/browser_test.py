"""A real browser gets a demo page, and what that page fetches, through Sluice."""
import re
import subprocess
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.origins import DemoBackend
from wirelib.processes import scratch_directory, tool
from wirelib.quickstart import Quickstart
from wirelib.sluice import Sluice
from wirelib.tls import certificate, downstream


class Browser(unittest.TestCase):
    def look_at(self, url, *args):
        r = subprocess.run(
            [tool('chromium'), '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
             '--disable-dev-shm-usage', '--disable-extensions', '--no-proxy-server',
             '--user-data-dir=' + scratch_directory(), '--virtual-time-budget=10000', '--dump-dom',
             *args, url], capture_output=True, text=True, timeout=90)
        self.assertEqual(r.returncode, 0, r.stderr[-2000:])
        self.assertIn('<h1>It works</h1>', r.stdout)
        first = re.search(r'id="backend">(one|two)<', r.stdout)
        self.assertTrue(first, r.stdout)
        more = re.search(r'id="more">([^<]*)<', r.stdout).group(1).split()
        self.assertEqual(len(more), 8, r.stdout)
        self.assertEqual(set(more), {'one', 'two'})

    def test_chromium_renders_the_page_and_its_script_reaches_both_backends(self):
        quickstart = Quickstart()
        self.addCleanup(quickstart.stop)
        self.look_at('http://127.0.0.1:%d/' % quickstart.port)

    def test_over_tls_it_chooses_http2(self):
        backends = [DemoBackend('one'), DemoBackend('two')]
        identity = Authority().issue('localhost', 'DNS:localhost,IP:127.0.0.1')
        sluice = Sluice(bootstrap(
            listener('web', [route('/', 'demo')], chain=downstream(certificate(identity))),
            cluster('demo', [b.port for b in backends])))
        for p in [sluice] + backends:
            self.addCleanup(p.stop)
        # Its own list of authorities is not ours to change.
        self.look_at('https://127.0.0.1:%d/' % sluice.port(), '--ignore-certificate-errors')
        self.assertGreaterEqual(sluice.stat('http.web.downstream_cx_http2_total'), 1)
        self.assertEqual(sluice.stat('http.web.downstream_rq_http1_total'), 0)


if __name__ == '__main__':
    unittest.main()
