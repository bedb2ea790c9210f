"""A real browser gets the quickstart's page, and what that page fetches, through Sluice."""
import re
import subprocess
import unittest

from wirelib.processes import scratch_directory, tool
from wirelib.quickstart import Quickstart


class Browser(unittest.TestCase):
    def test_chromium_renders_the_page_and_its_script_reaches_both_backends(self):
        quickstart = Quickstart()
        self.addCleanup(quickstart.stop)
        url = 'http://127.0.0.1:%d/' % quickstart.port
        r = subprocess.run(
            [tool('chromium'), '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
             '--disable-dev-shm-usage', '--disable-extensions', '--no-proxy-server',
             '--user-data-dir=' + scratch_directory(), '--virtual-time-budget=10000', '--dump-dom',
             url], capture_output=True, text=True, timeout=90)
        self.assertEqual(r.returncode, 0, r.stderr[-2000:])
        self.assertIn('<h1>It works</h1>', r.stdout)
        first = re.search(r'id="backend">(one|two)<', r.stdout)
        self.assertTrue(first, r.stdout)
        more = re.search(r'id="more">([^<]*)<', r.stdout).group(1).split()
        self.assertEqual(len(more), 8, r.stdout)
        self.assertEqual(set(more), {'one', 'two'})


if __name__ == '__main__':
    unittest.main()
