"""gRPC's own C++ library at both ends, Sluice between them: HTTP/2 to HTTP/2, plaintext and TLS."""
import os
import re
import subprocess
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.origins import free_port
from wirelib.processes import Child
from wirelib.sluice import Sluice
from wirelib.tls import HTTP2_UPSTREAM, certificate, downstream, upstream, validation

CASES = ['unary', 'empty_message', 'ten_megabytes', 'client_streaming', 'server_streaming',
         'bidirectional', 'trailers_only', 'status_after_a_message', 'unknown_method', 'deadline']


def peer():
    binary = os.environ.get('GRPC_PEER_BIN')
    if not binary:
        raise RuntimeError('GRPC_PEER_BIN does not name the program that speaks gRPC')
    return os.path.abspath(binary)


class Server(Child):
    def __init__(self, identity=None):
        super().__init__([peer(), 'server'] + (
            [identity.key, identity.certificate] if identity else []))
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on 127\.0\.0\.1:(\d+)', text).group(1))


class Grpc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        identity = cls.authority.issue('localhost')
        cls.plain, cls.secure = Server(), Server(identity)
        to = {'plain': cluster('plain', [cls.plain.port], more=HTTP2_UPSTREAM),
              'secure': cluster('secure', [cls.secure.port], more=HTTP2_UPSTREAM + upstream(
                  validation(cls.authority), alpn=['h2'])),
              'nobody': cluster('nobody', [free_port()], more=HTTP2_UPSTREAM)}
        tls = downstream(certificate(identity), alpn=['h2'])
        cls.sluice = Sluice(bootstrap(
            *[listener('%s_to_%s' % (way_in, way_out), [route('/', way_out)], chain=chain)
              for way_in, chain in (('plain', ''), ('secure', tls)) for way_out in to],
            *to.values()))

    @classmethod
    def tearDownClass(cls):
        for p in (cls.sluice, cls.plain, cls.secure):
            p.stop()

    def call(self, way, case, secure):
        r = subprocess.run([peer(), 'client', '127.0.0.1:%d' % self.sluice.port(way), case] +
                           ([self.authority.certificate] if secure else []),
                           capture_output=True, text=True, timeout=60)
        self.assertEqual(r.returncode, 0, r.stderr)

    def all_cases(self, way, secure=False):
        for case in CASES:
            with self.subTest(case):
                self.call(way, case, secure)

    def test_plaintext(self):
        self.all_cases('plain_to_plain')

    def test_tls_on_both_sides(self):
        self.all_cases('secure_to_secure', secure=True)

    def test_tls_on_one_side(self):
        for case in ('unary', 'bidirectional', 'trailers_only'):
            with self.subTest(case):
                self.call('secure_to_plain', case, True)
                self.call('plain_to_secure', case, False)

    def test_the_admin_port_says_what_is_configured(self):
        r = subprocess.run([peer(), 'client', self.sluice.admin_address(),
                            'client_status'], capture_output=True, text=True, timeout=60)
        self.assertEqual(r.returncode, 0, r.stderr)

    def test_nobody_there_is_unavailable(self):
        self.call('plain_to_nobody', 'unavailable', False)
        self.call('secure_to_nobody', 'unavailable', True)


if __name__ == '__main__':
    unittest.main()
