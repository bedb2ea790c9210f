"""Client certificates, asked for and shown by Sluice; upstreams whose certificate must fit."""
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.h2_peers import Nghttpd, curl
from wirelib.origins import DemoBackend, Nginx
from wirelib.processes import wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice
from wirelib.tls import (HTTP2_UPSTREAM, certificate, downstream, resume, s_client, upstream,
                         validation)

LISTENER = 'listener.127.0.0.1_0.ssl.'
HANDSHAKE_FAILURE, BAD_CERTIFICATE, REVOKED, EXPIRED, UNKNOWN, UNKNOWN_CA, REQUIRED = (
    40, 42, 44, 45, 46, 48, 116)
LOG = '''access_log { name: "out" typed_config {
  [type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog] {
    log_format { text_format_source { inline_string: "%s\\n" } } } } }'''


class ClientCertificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority, cls.stranger = Authority(), Authority('another authority')
        cls.server = cls.authority.issue('wire.test')
        cls.client = cls.authority.issue('client', 'URI:spiffe://wire.test/client,DNS:client.test')
        cls.other = cls.authority.issue('other', 'DNS:other.test')
        cls.backend = DemoBackend()

    @classmethod
    def tearDownClass(cls):
        cls.backend.stop()

    def start(self, context, more='require_client_certificate { value: true }', manager=''):
        self.sluice = Sluice(bootstrap(
            listener('web', [route('/', 'backend')], manager=manager,
                     chain=downstream(certificate(self.server) + context, more=more)),
            cluster('backend', [self.backend.port])))
        self.addCleanup(self.sluice.stop)

    def connect(self, identity, *args, **kw):
        shown = ('-cert', identity.certificate, '-key', identity.key) if identity else ()
        return s_client(self.sluice.port(), *args, *shown, **kw)

    def assert_refused(self, identity, alerts, stat):
        """With TLS 1.3 the alert comes when the client has ended its handshake."""
        before = self.sluice.stat(LISTENER + stat)
        for version in ('-tls1_2', '-tls1_3'):
            run = self.connect(identity, version)
            self.assertIsNone(run.response(), run.output)
            self.assertIn(run.alert(), alerts, version)
        self.assertEqual(self.sluice.stat(LISTENER + stat), before + 2)

    def assert_served(self, identity):
        for version in ('-tls1_2', '-tls1_3'):
            run = self.connect(identity, version)
            self.assertEqual(run.response(), 200, run.output + run.errors)

    def test_required(self):
        self.start(validation(self.authority))
        self.assert_served(self.client)
        self.assert_refused(None, (HANDSHAKE_FAILURE, REQUIRED), 'fail_verify_no_cert')
        issue = self.authority.issue
        self.assert_refused(self.stranger.issue('x'), (UNKNOWN_CA,), 'fail_verify_error')
        self.assert_refused(issue('x', ends=-60), (EXPIRED,), 'fail_verify_error')
        self.assert_refused(issue('x', starts=3600), (BAD_CERTIFICATE, EXPIRED, UNKNOWN),
                            'fail_verify_error')
        self.assert_served(self.client)

    def test_expired_ones_may_be_let_in(self):
        self.start(validation(self.authority, 'allow_expired_certificate: true'))
        self.assert_served(self.authority.issue('x', ends=-60))

    def test_optional(self):
        self.start(validation(self.authority), more='')
        self.assert_served(None)
        self.assert_served(self.client)
        self.assert_refused(self.stranger.issue('x'), (UNKNOWN_CA,), 'fail_verify_error')

    def test_revoked(self):
        revoked = self.authority.issue('revoked')
        self.start(validation(self.authority, 'crl { filename: "%s" }' %
                              self.authority.revocations(revoked)))
        self.assert_served(self.client)
        self.assert_refused(revoked, (REVOKED,), 'fail_verify_error')

    def test_by_name(self):
        self.start(validation(self.authority, '''match_typed_subject_alt_names {
            san_type: URI matcher { prefix: "spiffe://wire.test/" } }'''))
        self.assert_served(self.client)
        self.assert_refused(self.other, (BAD_CERTIFICATE, UNKNOWN), 'fail_verify_san')

    def test_by_digest_and_by_key(self):
        for pin in ('verify_certificate_hash: "%s"' % self.client.sha256(),
                    'verify_certificate_spki: "%s"' % self.client.spki()):
            self.start(validation(self.authority, pin))
            self.assert_served(self.client)
            self.assert_refused(self.other, (BAD_CERTIFICATE, UNKNOWN), 'fail_verify_cert_hash')

    def test_a_resumed_session_is_of_the_same_client(self):
        self.start(validation(self.authority), manager=LOG % '%DOWNSTREAM_PEER_SUBJECT%')
        shown = ('-cert', self.client.certificate, '-key', self.client.key)
        for version in ('-tls1_2', '-tls1_3'):
            _, second = resume(self.sluice.port(), version, *shown)
            self.assertEqual((second.reused(), second.response()), (True, 200))
        wait_for('4 lines', lambda: self.sluice.output().count('CN=client\n') == 4)

    def test_who_it_was_is_logged_and_told_upstream(self):
        self.start(validation(self.authority), manager=LOG % (
            '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_URI_SAN% '
            '%DOWNSTREAM_PEER_SERIAL% %DOWNSTREAM_PEER_FINGERPRINT_256% %REQUESTED_SERVER_NAME%') +
            '''forward_client_cert_details: SANITIZE_SET
            set_current_client_cert_details { subject { value: true } uri: true dns: true }''')
        run = self.connect(self.client, path='/headers')
        digest, serial = self.client.sha256(), self.client.serial().lower()
        self.assertIn('x-forwarded-client-cert: Hash=%s;Subject="CN=client";'
                      'URI=spiffe://wire.test/client;DNS=client.test' % digest, run.output)
        self.sluice.wait_for_output(
            'TLSv1.3 CN=client spiffe://wire.test/client %s %s wire.test\n' % (serial, digest))

    def test_curl_shows_its_own(self):
        self.start(validation(self.authority))
        url = 'https://wire.test:%d/whoami' % self.sluice.port()
        common = ('--connect-to', '::127.0.0.1:', '--cacert', self.authority.certificate)
        shown = ('--cert', self.client.certificate, '--key', self.client.key)
        for version in ('--http1.1', '--http2'):
            self.assertEqual(curl(version, *common, *shown, url), b'one\n')
        curl(*common, url, expect=(55, 56))  # the alert comes when curl already writes or reads


class Upstreams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority, cls.stranger = Authority(), Authority('another authority')
        cls.server = cls.authority.issue('up.test')
        cls.client = cls.authority.issue('proxy')
        cls.nginx = Nginx('''server { listen 127.0.0.1:@PORT@ ssl; ssl_certificate %s;
            ssl_certificate_key %s; ssl_client_certificate %s; ssl_verify_client optional;
            location / { return 200 "$ssl_server_name|$ssl_client_s_dn|$ssl_session_reused|"; } }'''
                          % (cls.server.certificate, cls.server.key, cls.authority.certificate))

    @classmethod
    def tearDownClass(cls):
        cls.nginx.stop()

    def start(self, transport_socket, port=None, more=''):
        self.sluice = Sluice(bootstrap(
            listener('web', [route('/', 'up')]),
            cluster('up', [port or self.nginx.port], more=transport_socket + more)))
        self.addCleanup(self.sluice.stop)

    def get(self):
        with RawConnection(self.sluice.port()) as c:
            r = c.get('/')
        return r.status, r.body.decode()

    def test_names_and_trust(self):
        san = 'match_typed_subject_alt_names { san_type: DNS matcher { exact: "%s" } }'
        self.start(upstream(validation(self.authority, san % 'up.test'), more='sni: "up.test"'))
        self.assertEqual(self.get(), (200, 'up.test||.|'))
        self.assertEqual(self.sluice.stat('cluster.up.ssl.handshake'), 1)
        for context, stat in ((validation(self.authority, san % 'down.test'), 'fail_verify_san'),
                              (validation(self.stranger), 'fail_verify_error')):
            self.start(upstream(context, more='sni: "up.test"'))
            self.assertEqual(self.get()[0], 503)
            self.assertGreaterEqual(self.sluice.stat('cluster.up.ssl.' + stat), 1)

    def test_mutual(self):
        self.start(upstream(certificate(self.client) + validation(self.authority)))
        self.assertEqual(self.get(), (200, '|CN=proxy|.|'))

    def test_sessions_are_used_again(self):
        self.start(upstream(validation(self.authority)),
                   more='max_requests_per_connection { value: 1 }')
        self.assertEqual(self.get(), (200, '||.|'))
        self.assertEqual(self.get(), (200, '||r|'))
        self.assertEqual(self.sluice.stat('cluster.up.ssl.session_reused'), 1)

    def test_plaintext_behind_tls_configuration_is_503(self):
        nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 200 "plain"; } }')
        self.addCleanup(nginx.stop)
        self.start(upstream(validation(self.authority)), port=nginx.port)
        self.assertEqual(self.get()[0], 503)
        self.assertGreaterEqual(self.sluice.stat('cluster.up.ssl.connection_error'), 1)

    def test_http2_with_a_client_certificate(self):
        nghttpd = Nghttpd('--verify-client', identity=self.server)
        self.addCleanup(nghttpd.stop)
        self.start(upstream(certificate(self.client) + validation(self.authority), alpn=['h2']),
                   port=nghttpd.port, more=HTTP2_UPSTREAM)
        with RawConnection(self.sluice.port()) as c:
            c.send(b'POST /x HTTP/1.1\r\nHost: up.test\r\nContent-Length: 5\r\n\r\nhello')
            r = c.read_response()
        self.assertEqual((r.status, r.body), (200, b'hello'))


if __name__ == '__main__':
    unittest.main()
