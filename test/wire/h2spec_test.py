"""The public conformance suite h2spec, strict cases included, over plaintext and TLS.

It is in no package: H2SPEC names a built program, or it is found on the path. Without it this test
fails, so it has the tag "manual", and `tools/dev test` names it where the program is there.
"""
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.origins import DemoBackend
from wirelib.processes import PATH, scratch_directory
from wirelib.sluice import Sluice
from wirelib.tls import certificate, downstream

CASES_MIN = 140  # a suite that ran a part of itself shows nothing
# "section: description" of what Sluice does otherwise, and why.
DROPPED = 'RFC 9113 section 5.1 allows to drop it, and nghttp2 does so without a word to the codec'
OTHERWISE = {
    'http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame': DROPPED,
    'http2/5.1: closed: Sends a DATA frame': DROPPED,
    'http2/5.3.1: Sends PRIORITY frame that depend on itself':
        'RFC 9113 section 5.3.2 has done away with priorities; the frame is ignored',
}


def h2spec():
    path = os.environ.get('H2SPEC') or shutil.which('h2spec', path=PATH)
    if not path:
        raise RuntimeError('h2spec is not installed, so nothing was tested: name it with H2SPEC')
    return os.path.abspath(path)


class Conformance(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.backend = DemoBackend()
        identity = Authority().issue('localhost')
        routes = [route('/', 'backend')]
        cls.sluice = Sluice(bootstrap(
            # AUTO would take a wrong preface for HTTP/1.
            listener('plain', routes, manager='codec_type: HTTP2'), listener('tls', routes, chain=downstream(
                certificate(identity))),
            cluster('backend', [cls.backend.port])))

    @classmethod
    def tearDownClass(cls):
        cls.sluice.stop()
        cls.backend.stop()

    def conform(self, port, *args):
        report = os.path.join(scratch_directory(), 'report.xml')
        run = subprocess.run(
            [h2spec(), '-p', str(port), '-S', '-P', '/bytes/100', '-j', report, *args],
            capture_output=True, text=True, timeout=600)
        with open(report, 'rb') as f:  # frames that it quotes are no XML
            text = re.sub(rb'[^\n\x20-\x7e]', b'?', f.read())
        tests, failed = 0, {}
        for suite in xml.etree.ElementTree.fromstring(text).iter('testsuite'):
            for case in suite.iter('testcase'):
                tests += 1
                if case.find('failure') is not None or case.find('error') is not None:
                    name = '%s: %s' % (case.get('package'), case.get('classname'))
                    failed[name] = ' '.join(case.itertext()).strip()
        self.assertGreaterEqual(tests, CASES_MIN, run.stdout[-2000:] + run.stderr[-2000:])
        self.assertEqual(sorted(failed.items()), sorted(
            (name, failed.get(name, 'passes now')) for name in OTHERWISE))

    def test_plaintext(self):
        self.conform(self.sluice.port('plain'))

    def test_tls(self):
        self.conform(self.sluice.port('tls'), '-t', '-k')


if __name__ == '__main__':
    unittest.main()
