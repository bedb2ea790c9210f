"""HTTP/1.1 and HTTP/2, plaintext and TLS, on both sides: curl, h2load and nghttp in front,
nghttpd, nghttpx and nginx behind."""
import os
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.h2_peers import Nghttpd, Nghttpx, curl, h2load, nghttp
from wirelib.origins import DemoBackend, Nginx, ScriptedOrigin
from wirelib.processes import scratch_directory
from wirelib.sluice import Sluice
from wirelib.tls import (AUTO_UPSTREAM, DOWNSTREAMS_PROTOCOL, HTTP2_UPSTREAM, certificate,
                         downstream, upstream, validation)

NGINX = '''server { listen 127.0.0.1:@PORT@ ssl; ssl_certificate %s; ssl_certificate_key %s;
    location / { proxy_pass http://127.0.0.1:%d; proxy_http_version 1.1;
    proxy_request_buffering off; proxy_buffering off; proxy_set_header Host $host;
    proxy_set_header Connection ""; } }'''


def stop_all(*programs):
    for p in programs:
        p.stop()


class EveryCombination(unittest.TestCase):
    """Four ways to come in times four ways out; the same demo backend is behind all of them."""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        identity = cls.authority.issue('localhost', 'DNS:localhost,DNS:wire.test')
        cls.backend = DemoBackend()
        port = cls.backend.port
        cls.tls = Nginx(NGINX % (identity.certificate, identity.key, port))
        cls.h2c, cls.h2 = Nghttpx(port), Nghttpx(port, identity)
        trust = validation(cls.authority)
        clusters = {
            'h1': cluster('h1', [port]),
            'h1s': cluster('h1s', [cls.tls.port], more=upstream(trust)),
            'h2c': cluster('h2c', [cls.h2c.port], more=HTTP2_UPSTREAM),
            'h2': cluster('h2', [cls.h2.port], more=upstream(trust, ['h2']) + HTTP2_UPSTREAM),
            'auto': cluster('auto', [cls.h2.port], more=upstream(trust) + AUTO_UPSTREAM),
            'same': cluster('same', [cls.h2c.port], more=DOWNSTREAMS_PROTOCOL)}
        cls.ways_out = ['h1', 'h1s', 'h2c', 'h2']
        routes = [route('/%s/' % n, n, 'prefix_rewrite: "/"') for n in clusters]
        cls.sluice = Sluice(bootstrap(
            listener('plain', routes),
            listener('tls', routes, chain=downstream(certificate(identity))),
            *clusters.values()))
        to_tls = ('--connect-to', '::127.0.0.1:', '--cacert', cls.authority.certificate)
        plain = 'http://127.0.0.1:%d/' % cls.sluice.port('plain')
        secure = 'https://wire.test:%d/' % cls.sluice.port('tls')
        cls.ways_in = {  # curl's arguments, URL, version that it reports
            'h1': (('--http1.1',), plain, b'1.1'),
            'h1s': (('--http1.1', *to_tls), secure, b'1.1'),
            'h2c': (('--http2-prior-knowledge',), plain, b'2'),
            'h2': (('--http2', *to_tls), secure, b'2')}

    @classmethod
    def tearDownClass(cls):
        stop_all(cls.sluice, cls.h2, cls.h2c, cls.tls, cls.backend)

    def each(self, check):
        """`check(options, url, version)` for each of the sixteen."""
        for way_in, (options, url, version) in self.ways_in.items():
            for way_out in self.ways_out:
                with self.subTest('%s -> %s' % (way_in, way_out)):
                    check(options, url + way_out + '/', version)

    def test_get(self):
        def check(options, url, version):
            out = curl(*options, '-w', '%{http_version}', url + 'whoami')
            self.assertEqual(out, b'one\n' + version)
        self.each(check)

    def test_statuses_and_messages_without_a_body(self):
        def check(options, url, _):
            for status in (b'204', b'503'):  # curl 7.88 cannot ask twice over h2c
                out = curl(*options, '-w', '%{http_code}', '-o', os.devnull,
                           url + 'status/' + status.decode())
                self.assertEqual(out, status)
            head = curl(*options, '-I', url + 'bytes/5000').decode().lower()
            self.assertIn('content-length: 5000\r\n', head)
            self.assertTrue(head.endswith('\r\n\r\n'), head)
        self.each(check)

    def test_uploads_of_known_and_unknown_length(self):
        body = os.urandom(300000)

        def check(options, url, _):
            self.assertTrue(body == curl(*options, '--data-binary', '@-', '-H', 'Expect:', url,
                                         data=body))
            self.assertTrue(body == curl(*options, '-X', 'POST', '-T', '-', '-H', 'Expect:', url,
                                         data=body))
        self.each(check)

    def test_100_continue(self):
        body = os.urandom(5000)

        def check(options, url, _):
            self.assertTrue(body == curl(*options, '--data-binary', '@-', '-H',
                                         'Expect: 100-continue', '--expect100-timeout', '25', url,
                                         data=body))
        self.each(check)

    def test_large_answers(self):
        wanted = ''.join(chr(97 + i % 26) for i in range(26)).encode() * 115385

        def check(options, url, _):
            self.assertTrue(curl(*options, url + 'bytes/3000000') == wanted[:3000000])
        self.each(check)

    def test_what_concerns_one_connection_stays_there(self):
        def check(options, url, _):
            http1 = '--http1.1' in options
            hop = ('-H', 'Connection: x-hop', '-H', 'X-Hop: 1') if http1 else ()
            seen = curl(*options, *hop, '-H', 'X-End: 2', '-H', 'TE: trailers', '-H', 'Cookie: a=b',
                        '-H', 'Cookie: c=d', url + 'headers').decode().lower()
            self.assertIn('x-end: 2\n', seen)
            self.assertNotIn('x-hop', seen)
            # RFC 9113 section 8.2.3; two lines of HTTP/1.1 may stay two
            self.assertRegex(seen, r'cookie: a=b(; |\ncookie: )c=d\n' if http1 else 'a=b; c=d\n')
        self.each(check)

    def test_upstreams_protocol_by_alpn_and_as_the_downstreams(self):
        for way, protocol in (('auto', 'http2'), ('same', 'http1')):
            before = self.sluice.stat('cluster.%s.upstream_cx_%s_total' % (way, protocol))
            options, url, _ = self.ways_in['h1']
            self.assertEqual(curl(*options, url + way + '/whoami'), b'one\n')
            after = self.sluice.stat('cluster.%s.upstream_cx_%s_total' % (way, protocol))
            self.assertEqual(after, before + 1, way)
        options, url, _ = self.ways_in['h2']
        self.assertEqual(curl(*options, url + 'same/whoami'), b'one\n')
        self.assertEqual(self.sluice.stat('cluster.same.upstream_cx_http2_total'), 1)

    def test_a_session_is_resumed_by_curl(self):
        options, url, _ = self.ways_in['h1s']
        before = self.sluice.stat('listener.127.0.0.1_0.ssl.session_reused')
        curl(*options, '-H', 'Connection: close', url + 'h1/whoami', url + 'h1/whoami')
        self.assertEqual(self.sluice.stat('listener.127.0.0.1_0.ssl.session_reused'), before + 1)


class Multiplexing(unittest.TestCase):
    REQUESTS, SIZE = 3000, 2000

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        identity = cls.authority.issue('localhost')
        cls.nghttpd = Nghttpd()
        cls.nginx = Nginx('server { listen 127.0.0.1:@PORT@; root %s; }' % cls.nghttpd.documents)
        with open(os.path.join(cls.nghttpd.documents, 'file'), 'wb') as f:
            f.write(os.urandom(cls.SIZE))
        routes = [route('/h1/', 'h1', 'prefix_rewrite: "/"'),
                  route('/h2c/', 'h2c', 'prefix_rewrite: "/"')]
        cls.sluice = Sluice(bootstrap(
            listener('plain', routes),
            listener('tls', routes, chain=downstream(certificate(identity))),
            cluster('h1', [cls.nginx.port]),
            cluster('h2c', [cls.nghttpd.port], more=HTTP2_UPSTREAM)))

    @classmethod
    def tearDownClass(cls):
        stop_all(cls.sluice, cls.nginx, cls.nghttpd)

    def load(self, scheme, way_out):
        name = 'http.%s.' % ('tls' if scheme == 'https' else 'plain')
        before = [self.sluice.stat(name + s) for s in ('downstream_rq_2xx', 'downstream_cx_total')]
        port = self.sluice.port('tls' if scheme == 'https' else 'plain')
        result = h2load('%s://127.0.0.1:%d/%s/file' % (scheme, port, way_out), self.REQUESTS)
        self.assertEqual(result.requests['succeeded'], self.REQUESTS, result.text)
        self.assertEqual(result.statuses['2xx'], self.REQUESTS, result.text)
        self.assertEqual(result.data_bytes, self.REQUESTS * self.SIZE)
        after = [self.sluice.stat(name + s) for s in ('downstream_rq_2xx', 'downstream_cx_total')]
        self.assertEqual([a - b for a, b in zip(after, before)], [self.REQUESTS, 8])

    def test_tls_to_http1(self):
        self.load('https', 'h1')

    def test_tls_to_http2(self):
        self.load('https', 'h2c')

    def test_plaintext_to_http2_on_few_connections(self):
        """256 streams at once: 100 on each connection until the upstream's SETTINGS are there."""
        before = self.sluice.stat('cluster.h2c.upstream_rq_total')
        self.load('http', 'h2c')
        self.assertEqual(self.sluice.stat('cluster.h2c.upstream_rq_total') - before, self.REQUESTS)
        self.assertLessEqual(self.sluice.stat('cluster.h2c.upstream_cx_total'), 4)


class Trailers(unittest.TestCase):
    def start(self, *clusters, manager=''):
        sluice = Sluice(bootstrap(listener('web', [route('/', 'up')], manager=manager), *clusters))
        self.addCleanup(sluice.stop)
        return sluice

    def upload(self):
        path = os.path.join(scratch_directory(), 'body')
        with open(path, 'wb') as f:
            f.write(b'body')
        return path

    def test_both_ways_through_http2(self):
        nghttpd = Nghttpd('-v', '--trailer', 'x-after: the end')
        self.addCleanup(nghttpd.stop)
        sluice = self.start(cluster('up', [nghttpd.port], more=HTTP2_UPSTREAM))
        out = nghttp('-v', '-d', self.upload(), '--trailer', 'x-later: yes', '-H', 'te: trailers',
                     sluice.url('/x'))
        self.assertIn(b'x-after: the end', out)
        self.assertIn('x-later: yes', nghttpd.output())
        self.assertIn('te: trailers', nghttpd.output())

    def test_from_http2_to_http1_where_they_are_enabled(self):
        seen = []

        def serve(s):
            data = b''
            while not data.endswith(b'\r\n\r\n') or data.count(b'\r\n\r\n') < 2:
                data += s.recv(65536)
            seen.append(data)
            s.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-after\r\n\r\n'
                      b'2\r\nok\r\n0\r\nx-after: 7\r\n\r\n')
            s.recv(1)
        origin = ScriptedOrigin(serve)
        self.addCleanup(origin.close)
        options = 'http_protocol_options { enable_trailers: true }'
        sluice = self.start(cluster('up', [origin.port], more='''typed_extension_protocol_options {
            key: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions" value {
            [type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] {
            explicit_http_config { %s } } } }''' % options))
        out = nghttp('-v', '-d', self.upload(), '--no-content-length', '--trailer', 'x-later: yes',
                     sluice.url('/x'))
        self.assertTrue(seen[0].endswith(b'0\r\nx-later: yes\r\n\r\n'), seen[0])
        self.assertIn(b'x-after: 7', out)


class Nghttp(unittest.TestCase):
    def setUp(self):
        self.nghttpd = Nghttpd()
        self.addCleanup(self.nghttpd.stop)
        identity = Authority().issue('localhost')
        self.sluice = Sluice(bootstrap(
            listener('web', [route('/', 'up')], chain=downstream(certificate(identity))),
            cluster('up', [self.nghttpd.port], more=HTTP2_UPSTREAM)))
        self.addCleanup(self.sluice.stop)
        self.url = 'https://127.0.0.1:%d/' % self.sluice.port()

    def file(self, name, size):
        with open(os.path.join(self.nghttpd.documents, name), 'wb') as f:
            content = os.urandom(size)
            f.write(content)
        return content

    def test_ten_megabytes_down_and_up(self):
        content = self.file('large', 10 << 20)
        self.assertTrue(nghttp(self.url + 'large') == content)
        path = os.path.join(self.nghttpd.documents, 'large')
        self.assertTrue(nghttp('-d', path, self.url + 'echo') == content)

    def test_many_streams_with_priorities_and_small_windows(self):
        for i in range(8):
            with open(os.path.join(self.nghttpd.documents, 'f%d' % i), 'wb') as f:
                f.write(bytes([i]) * 200000)
        weights = [a for i in range(8) for a in ('-p', str(1 + 31 * i))]
        out = nghttp('-w', '14', '-W', '15', *weights, *[self.url + 'f%d' % i for i in range(8)])
        self.assertEqual([out.count(bytes([i])) for i in range(8)], [200000] * 8)

    def test_a_missing_file_and_padding(self):
        out = nghttp('-v', '-b', '200', self.url + 'missing')
        self.assertIn(b':status: 404', out)


if __name__ == '__main__':
    unittest.main()
