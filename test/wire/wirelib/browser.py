"""Chromium without a window, told what to do over its DevTools protocol."""
import json
import os
import re
import subprocess

from .processes import Child, scratch_directory, tool

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-dev-shm-usage', '--disable-extensions', '--no-proxy-server']


class Browser(Child):
    """`args`: more flags. It takes any certificate: its own list of authorities is not ours to
    change."""

    def __init__(self, *args):
        super().__init__([tool('chromium'), *FLAGS, '--user-data-dir=' + scratch_directory(),
                          '--ignore-certificate-errors', '--remote-debugging-port=0', *args,
                          'about:blank'])
        text = self.wait_for_output('DevTools listening on', 60)
        self._devtools = re.search(r'DevTools listening on (\S+)', text).group(1)

    def look(self, url, *expressions):
        """Opens a page; what these expressions of JavaScript come to, once they are not null or
        false."""
        return self._evaluate('new', url, expressions)

    def look_again(self, url, *expressions):
        """The same in the page that was opened before."""
        return self._evaluate('open', url, expressions)

    def _evaluate(self, which, url, expressions):
        r = subprocess.run([tool('node'), os.path.join(HERE, 'devtools.js'), self._devtools, which,
                            url, *expressions], capture_output=True, text=True, timeout=60)
        if r.returncode:
            raise AssertionError(r.stderr + self.output()[-2000:])
        return json.loads(r.stdout)
