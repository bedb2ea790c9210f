"""What openssl s_client gets over TLS: versions, names, protocols, sessions, OCSP."""
import os
import ssl
import threading
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.origins import DemoBackend
from wirelib.processes import scratch_directory, wait_for
from wirelib.raw import Closed, RawConnection
from wirelib.sluice import Sluice
from wirelib.tls import TlsConnection, certificate, client_context, downstream, resume, s_client

TO_BACKEND = [route('/', 'backend')]
NO_APPLICATION_PROTOCOL, PROTOCOL_VERSION, RECORD_OVERFLOW, BAD_RECORD_MAC = 120, 70, 22, 20
LISTENER = 'listener.127.0.0.1_0.'


def ticket_keys():
    """A file with one key of 80 random bytes."""
    path = os.path.join(scratch_directory(), 'ticket.key')
    with open(path, 'wb') as f:
        f.write(os.urandom(80))
    return path


class TlsTest(unittest.TestCase):
    """One authority and one backend for the class; `start` begins a Sluice with listener "web"."""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.backend = DemoBackend()
        cls.one = cls.authority.issue('wire.test')

    @classmethod
    def tearDownClass(cls):
        cls.backend.stop()

    def start(self, chain, concurrency=1):
        sluice = Sluice(bootstrap(
            listener('web', TO_BACKEND, chain=chain), cluster('backend', [self.backend.port])),
                        concurrency=concurrency)
        self.addCleanup(sluice.stop)
        return sluice

    def trusted(self):
        return ('-CAfile', self.authority.certificate)


class Versions(TlsTest):
    def test_1_2_and_1_3_and_nothing_older(self):
        sluice = self.start(downstream(certificate(self.one)))
        for option, version in (('-tls1_2', 'TLSv1.2'), ('-tls1_3', 'TLSv1.3')):
            run = s_client(sluice.port(), option, '-verify_return_error', *self.trusted())
            self.assertEqual((run.version(), run.response()), (version, 200), run.output)
            self.assertTrue(run.verified())
            self.assertEqual(sluice.stat(LISTENER + 'ssl.versions.' + version), 1)
        run = s_client(sluice.port(), '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0')
        self.assertEqual((run.done(), run.alert()), (False, PROTOCOL_VERSION))
        self.assertEqual(sluice.stat(LISTENER + 'ssl.handshake'), 2)
        self.assertEqual(sluice.stat(LISTENER + 'ssl.connection_error'), 1)

    def test_what_parameters_allow_is_what_can_be_had(self):
        sluice = self.start(downstream(certificate(self.one) + '''tls_params {
            tls_minimum_protocol_version: TLSv1_2 tls_maximum_protocol_version: TLSv1_2
            cipher_suites: "ECDHE-ECDSA-AES256-GCM-SHA384" ecdh_curves: "P-256" }'''))
        run = s_client(sluice.port())
        self.assertEqual((run.version(), run.cipher(), run.response()),
                         ('TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384', 200))
        self.assertIn(run.key_exchange(), ('ECDH', 'P-256', 'X25519'))
        self.assertFalse(s_client(sluice.port(), '-tls1_3').done())
        self.assertFalse(s_client(sluice.port(), '-groups', 'X25519').done())
        self.assertFalse(s_client(sluice.port(), '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256').done())


class Names(TlsTest):
    def test_the_certificate_is_chosen_by_the_servers_name(self):
        other = self.authority.issue('other.test', kind='rsa')
        many = self.authority.issue('many.test', 'DNS:many.test,DNS:*.many.test')
        sluice = self.start(downstream(certificate(self.one) + certificate(other) +
                                       certificate(many)))
        for asked, gets in (('wire.test', 'wire.test'), ('other.test', 'other.test'),
                            ('many.test', 'many.test'), ('a.many.test', 'many.test'),
                            ('a.b.many.test', 'wire.test'), ('unknown.test', 'wire.test')):
            run = s_client(sluice.port(), name=asked)
            self.assertEqual((run.subject(), run.response()), (gets, 200), asked)
        self.assertEqual(s_client(sluice.port(), '-noservername').subject(), 'wire.test')

    def test_of_two_kinds_for_one_name_the_client_gets_what_it_can_use(self):
        rsa = self.authority.issue('wire.test', kind='rsa')
        sluice = self.start(downstream(certificate(rsa) + certificate(self.one)))
        for algorithms, kind in (('ECDSA+SHA256', 'ECDSA'), ('RSA-PSS+SHA256', 'RSA-PSS'),
                                 ('ECDSA+SHA256:RSA-PSS+SHA256', 'ECDSA')):
            run = s_client(sluice.port(), '-sigalgs', algorithms)
            self.assertIn('Peer signature type: %s\n' % kind, run.output)


class Protocols(TlsTest):
    def test_alpn(self):
        sluice = self.start(downstream(certificate(self.one)))
        for offered, chosen in (('h2,http/1.1', 'h2'), ('http/1.1,h2', 'h2'),
                                ('http/1.1', 'http/1.1'), ('spdy/3,http/1.1', 'http/1.1')):
            run = s_client(sluice.port(), '-alpn', offered, request=False)
            self.assertEqual(run.alpn(), chosen, offered)
        run = s_client(sluice.port())
        self.assertEqual((run.alpn(), run.response()), (None, 200))

    def test_no_protocol_in_common(self):
        sluice = self.start(downstream(certificate(self.one)))
        run = s_client(sluice.port(), '-alpn', 'spdy/3')
        self.assertEqual((run.alpn(), run.response()), (None, 200))  # as Envoy: none is chosen


class Sessions(TlsTest):
    def assert_resumed(self, sluice, *options):
        before = sluice.stat(LISTENER + 'ssl.session_reused')
        first, second = resume(sluice.port(), *options)
        self.assertEqual((first.reused(), second.reused()), (False, True), options)
        self.assertEqual((first.response(), second.response()), (200, 200))
        self.assertEqual(sluice.stat(LISTENER + 'ssl.session_reused'), before + 1)

    def assert_not_resumed(self, sluice, *options):
        _, second = resume(sluice.port(), *options)
        self.assertEqual((second.reused(), second.response()), (False, 200), options)

    def test_by_ticket_and_by_id_on_any_worker(self):
        sluice = self.start(downstream(certificate(self.one)), concurrency=2)
        for options in (('-tls1_3',), ('-tls1_2',), ('-tls1_2', '-no_ticket')):
            for _ in range(4):
                self.assert_resumed(sluice, *options)

    def test_switched_off(self):
        sluice = self.start(downstream(certificate(self.one), more='''
            disable_stateless_session_resumption: true'''))
        self.assert_resumed(sluice, '-tls1_2', '-no_ticket')
        self.assert_not_resumed(sluice, '-tls1_3')
        sluice = self.start(downstream(certificate(self.one), more='''
            disable_stateless_session_resumption: true
            disable_stateful_session_resumption: true'''))
        for options in (('-tls1_3',), ('-tls1_2',), ('-tls1_2', '-no_ticket')):
            self.assert_not_resumed(sluice, *options)

    def test_tickets_under_configured_keys_hold_at_another_proxy(self):
        old, new = ticket_keys(), ticket_keys()
        session = os.path.join(scratch_directory(), 'session')

        def proxy(*files):
            keys = ' '.join('keys { filename: "%s" }' % f for f in files)
            return self.start(downstream(certificate(self.one),
                                         more='session_ticket_keys { %s }' % keys))

        for version in ('-tls1_2', '-tls1_3'):
            s_client(proxy(old).port(), version, '-sess_out', session)
            # The keys were rotated: what the old one had encrypted is still good.
            run = s_client(proxy(new, old).port(), version, '-sess_in', session)
            self.assertEqual((run.reused(), run.response()), (True, 200))
            run = s_client(proxy(new).port(), version, '-sess_in', session)
            self.assertEqual((run.reused(), run.response()), (False, 200))


class Ocsp(TlsTest):
    def test_the_response_of_the_configuration_is_stapled(self):
        response = self.authority.ocsp_response(self.one)
        sluice = self.start(downstream(certificate(
            self.one, 'ocsp_staple { filename: "%s" }' % response),
            more='ocsp_staple_policy: MUST_STAPLE'))
        for version in ('-tls1_2', '-tls1_3'):
            run = s_client(sluice.port(), '-status', version, *self.trusted())
            self.assertIn('OCSP Response Status: successful', run.output)
            self.assertIn('Cert Status: good', run.output)
        self.assertNotIn('OCSP Response Status', s_client(sluice.port()).output)


class BadInput(TlsTest):
    """None of it is noticed by a connection that was there before."""

    def setUp(self):
        self.sluice = self.start(downstream(certificate(self.one)) +
                                 ' transport_socket_connect_timeout { seconds: 1 }')

    def run_beside_another(self, what):
        with TlsConnection(self.sluice.port(), client_context(self.authority)) as other:
            self.assertEqual(other.get('/whoami').body, b'one\n')
            what()
            self.assertEqual(other.get('/whoami').body, b'one\n')
        wait_for('end of all connections', lambda: self.sluice.stat(
            LISTENER + 'downstream_cx_active') == 0)

    def errors(self):
        return self.sluice.stat(LISTENER + 'ssl.connection_error')

    def test_bytes_that_are_no_handshake(self):
        def junk():
            for data in (b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', bytes(300), b'\xff' * 70000,
                         b'\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff',
                         b'\x15\x03\x03\x00\x02\x02\x28', b'\x17\x03\x03\x00\x10' + b'x' * 16):
                before = self.errors()
                with RawConnection(self.sluice.port()) as c:
                    try:
                        c.send(data)
                    except OSError:
                        pass
                    self.assertNotIn(b'HTTP/', c.rest())
                wait_for('the count of an error', lambda: self.errors() == before + 1)
        self.run_beside_another(junk)

    def client_hello(self):
        """The first record of a real client."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = client_context().wrap_bio(incoming, outgoing, server_hostname='wire.test')
        self.assertRaises(ssl.SSLWantReadError, client.do_handshake)
        return outgoing.read()

    def test_a_hello_that_is_cut_anywhere(self):
        hello = self.client_hello()

        def cut():
            for n in range(0, len(hello), 7):
                with RawConnection(self.sluice.port()) as c:
                    c.send(hello[:n])
        self.run_beside_another(cut)

    def test_a_hello_that_is_broken_anywhere(self):
        hello = self.client_hello()

        def broken():
            for n in range(0, len(hello), 5):
                with RawConnection(self.sluice.port()) as c:
                    c.send(hello[:n] + bytes([hello[n] ^ 0xff]) + hello[n + 1:])
                    c.socket.shutdown(1)
                    c.rest()
        self.run_beside_another(broken)

    def test_a_slow_hello_has_its_time(self):
        hello = self.client_hello()
        stop = threading.Event()

        def slow():
            with RawConnection(self.sluice.port()) as c:
                def trickle():
                    for byte in hello:
                        if stop.wait(0.05):
                            return
                        try:
                            c.send(bytes([byte]))
                        except OSError:
                            return
                sender = threading.Thread(target=trickle)
                sender.start()
                c.rest()  # Sluice ends it long before the last byte
                stop.set()
                sender.join()
            self.assertEqual(self.sluice.stat(
                LISTENER + 'downstream_cx_transport_socket_connect_timeout'), 1)
        self.run_beside_another(slow)

    def test_a_record_that_was_changed_under_way(self):
        def changed():
            with RawConnection(self.sluice.port()) as c:
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                client = client_context().wrap_bio(incoming, outgoing, server_hostname='wire.test')
                while True:
                    try:
                        client.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        c.send(outgoing.read())
                        incoming.write(c.socket.recv(65536))
                client.write(b'GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n')
                data = bytearray(outgoing.read())
                data[-1] ^= 1
                c.send(bytes(data))
                incoming.write(c.rest())
                with self.assertRaises(ssl.SSLError) as raised:
                    while client.read(1000):
                        pass
                self.assertIn('BAD_RECORD_MAC', str(raised.exception).upper())
        self.run_beside_another(changed)


if __name__ == '__main__':
    unittest.main()
