"""Hostile HTTP/2 clients. Each attack meets its limit; memory stays bounded, and a client beside it
is served all the while."""
import os
import socket
import struct
import threading
import time
import unittest

from wirelib import h2
from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority
from wirelib.h2 import H2Connection, field, frame, head, setting
from wirelib.origins import DemoBackend, Nginx
from wirelib.processes import scratch_directory, wait_for
from wirelib.raw import Closed, RawConnection
from wirelib.sluice import Sluice, sanitized
from wirelib.tls import certificate, client_context, downstream

GROWTH_MAX = (32 if not sanitized() else 1024) << 20  # bytes of memory that an attack may take
ATTACK_SECONDS = 10  # an attacker that was borne for so long has won
SLOWEST_SECONDS = 5.0  # of the client beside it, on a busy machine
# As at the edge of a network. With the defaults each stream may hold a mebibyte.
BUFFERS = 'per_connection_buffer_limit_bytes { value: 65536 }'
CALM, PROTOCOL = h2.ENHANCE_YOUR_CALM, h2.PROTOCOL_ERROR


class Neighbour(threading.Thread):
    """Another client of the same worker: asks all the time, and keeps what it got."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = H2Connection(port)
        self.statuses, self.slowest, self.error = [], 0, None
        self.stopping = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.stopping.wait(0.01):
                began = time.monotonic()
                self.statuses.append(self.connection.get('/whoami').status)
                self.slowest = max(self.slowest, time.monotonic() - began)
        except (Closed, OSError) as e:
            self.error = e

    def stop(self):
        self.stopping.set()
        self.join(20)


class Attack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        documents = scratch_directory()
        for name, size in (('small', 100), ('large', 8 << 20)):
            with open(os.path.join(documents, name), 'wb') as f:
                f.write(os.urandom(size))
        cls.nginx = Nginx('server { listen 127.0.0.1:@PORT@; root %s; }' % documents)
        cls.slow = DemoBackend()
        routes = [route('/large', 'origin'), route('/small', 'origin'), route('/', 'slow')]
        identity = Authority().issue('wire.test')
        cls.sluice = Sluice(bootstrap(
            listener('web', routes, more=BUFFERS),
            listener('tls', routes, chain=downstream(certificate(identity))),
            cluster('origin', [cls.nginx.port], more=BUFFERS),
            cluster('slow', [cls.slow.port])))
        cls.port = cls.sluice.port()

    @classmethod
    def tearDownClass(cls):
        for p in (cls.sluice, cls.slow, cls.nginx):
            p.stop()

    def setUp(self):
        with H2Connection(self.port) as c:
            self.assertEqual(c.get('/small').status, 200)
        self.before = self.sluice.rss()
        self.neighbour = Neighbour(self.port)
        self.addCleanup(self.neighbour.stop)

    def tearDown(self):
        grown = self.sluice.rss() - self.before
        self.assertLess(grown, GROWTH_MAX)
        wait_for('an answer beside it', lambda: self.neighbour.statuses)
        self.neighbour.stop()
        self.assertIsNone(self.neighbour.error)
        self.assertEqual(set(self.neighbour.statuses), {200})
        self.assertLess(self.neighbour.slowest, SLOWEST_SECONDS)
        wait_for('end of all requests', lambda: self.sluice.stat(
            'http.web.downstream_rq_active') == 0)
        wait_for('end of all requests', lambda: self.sluice.stat(
            'cluster.origin.upstream_rq_active') == 0)

    def flood(self, data, connection=None, reads=False):
        """Sends `data` until the other end has had enough; the code of its GOAWAY."""
        c = connection or H2Connection(self.port)
        batch = data * max(1, 16384 // len(data))
        deadline = time.monotonic() + ATTACK_SECONDS
        with c:
            c.socket.settimeout(ATTACK_SECONDS)
            try:
                while not c.goaways:
                    self.assertLess(time.monotonic(), deadline, 'it is borne')
                    c.send(batch)
                    if reads:
                        c.ping()
            except (OSError, Closed):
                pass
            return c.end()

    def assert_counted(self, stat, before):
        wait_for(stat, lambda: self.sluice.stat('http.web.http2.' + stat) > before)

    def flood_counted(self, data, stat, codes=(CALM,), **kw):
        """A flood that its own counter shows. The GOAWAY may be lost to the reset of the socket."""
        before = self.sluice.stat('http.web.http2.' + stat)
        code = self.flood(data, **kw)
        self.assertIn(code, (*codes, None))
        self.assert_counted(stat, before)


class Control(Attack):
    def test_pings_that_are_never_read(self):
        self.flood_counted(frame(h2.PING, 0, 0, b'12345678'), 'outbound_control_flood')

    def test_settings(self):
        self.flood_counted(frame(h2.SETTINGS, 0, 0, setting(h2.INITIAL_WINDOW_SIZE, 65535)),
                           'inbound_settings_frames_flood', reads=True)

    def test_empty_settings_that_are_never_read(self):
        self.assertIn(self.flood(frame(h2.SETTINGS)), (CALM, None))

    def test_priorities(self):
        self.flood_counted(frame(h2.PRIORITY, 0, 1, struct.pack('>IB', 0, 7)),
                           'inbound_priority_frames_flood')

    def test_window_updates(self):
        c = H2Connection(self.port)
        c.send(frame(h2.HEADERS, h2.END_HEADERS, 1, head('/slow?ms=3000', 'POST')))
        self.flood_counted(frame(h2.WINDOW_UPDATE, 0, 1, struct.pack('>I', 1)),
                           'inbound_window_update_frames_flood', connection=c)

    def test_unknown_frames_are_read_and_forgotten(self):
        with H2Connection(self.port) as c:
            for _ in range(200):
                c.send(frame(0xbb, 0xff, 0, b'x' * 16000))
            c.ping()
            self.assertEqual(c.get('/small').status, 200)


class Streams(Attack):
    def test_rapid_reset(self):
        before = self.sluice.stat('http.web.http2.inbound_resets_frames_flood')
        with H2Connection(self.port) as c:
            c.socket.settimeout(10)
            try:
                deadline = time.monotonic() + ATTACK_SECONDS
                while time.monotonic() < deadline:
                    data = b''
                    for _ in range(50):
                        data += frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, c.next_stream,
                                      head('/slow?ms=50'))
                        data += frame(h2.RST_STREAM, 0, c.next_stream,
                                      struct.pack('>I', h2.CANCEL))
                        c.next_stream += 2
                    c.send(data)
                self.fail('it is borne')
            except OSError:
                pass
            self.assertIn(c.end(), (CALM, None))
        self.assert_counted('inbound_resets_frames_flood', before)

    def test_more_streams_than_allowed_are_refused(self):
        with H2Connection(self.port) as c:
            c.ping()
            most = c.settings.get(h2.MAX_CONCURRENT_STREAMS, 0)
            self.assertTrue(0 < most <= 1024, most)
            streams = [c.request('/slow?ms=3000') for _ in range(most + 10)]
            last = c.answers[streams[-1]]
            while last.reset is None and last.status is None:
                c.read_frame()
            refused = {c.answers[s].reset for s in streams} - {None}
            self.assertEqual(refused, {h2.REFUSED_STREAM})
            c.ping()  # the connection goes on

    def test_empty_data_frames(self):
        c = H2Connection(self.port)
        c.send(frame(h2.HEADERS, h2.END_HEADERS, 1, head('/slow?ms=3000', 'POST')))
        self.flood_counted(frame(h2.DATA, 0, 1), 'inbound_empty_frames_flood', connection=c)

    def test_windows_that_stay_shut(self):
        """Fifty streams ask for 8 MB each and let nothing through."""
        with H2Connection(self.port, settings=[(h2.INITIAL_WINDOW_SIZE, 0)]) as c:
            streams = [c.request('/large') for _ in range(50)]
            while any(c.answers[s].status is None for s in streams):
                c.read_frame()
            self.neighbours_next(20)
            grown = self.sluice.rss() - self.before
            self.assertLess(grown, GROWTH_MAX)
            self.assertEqual(sum(len(c.answers[s].body) for s in streams), 0)
            c.send(frame(h2.WINDOW_UPDATE, 0, streams[0], struct.pack('>I', 8 << 20)))
            self.assertEqual(len(c.answer(streams[0]).body), 8 << 20)

    def neighbours_next(self, n):
        seen = len(self.neighbour.statuses)
        wait_for('%d answers beside it' % n, lambda: len(self.neighbour.statuses) >= seen + n)

    def test_a_client_that_reads_nothing(self):
        with H2Connection(self.port, settings=[(h2.INITIAL_WINDOW_SIZE, 2 ** 31 - 1)],
                          receive_buffer=4096) as c:
            c.send(frame(h2.WINDOW_UPDATE, 0, 0, struct.pack('>I', 2 ** 30)))
            for _ in range(50):
                c.request('/large')
            self.neighbours_next(50)
            self.assertLess(self.sluice.rss() - self.before, GROWTH_MAX)

    def test_one_byte_windows(self):
        with H2Connection(self.port, settings=[(h2.INITIAL_WINDOW_SIZE, 1)]) as c:
            answers = [c.answer(s) for s in [c.request('/small') for _ in range(20)]]
            self.assertEqual({(a.status, len(a.body)) for a in answers}, {(200, 100)})


class Heads(Attack):
    def test_continuation_without_end(self):
        c = H2Connection(self.port)
        c.send(frame(h2.HEADERS, 0, 1, head()))
        self.flood_counted(frame(h2.CONTINUATION, 0, 1, field('x-more', 'a' * 1000)),
                           'inbound_continuation_frames_flood', connection=c)

    def test_empty_continuations(self):
        c = H2Connection(self.port)
        c.send(frame(h2.HEADERS, 0, 1, head()))
        code = self.flood(frame(h2.CONTINUATION, 0, 1), connection=c)
        self.assertIn(code, (CALM, PROTOCOL, None))

    def test_a_bomb_of_references_to_one_large_header(self):
        """RFC 7541: 4000 bytes go into the table once, then each byte says them again."""
        name, value = b'x-bomb', b'b' * 3900
        add = b'\x40' + field(name.decode(), value)[1:]
        with H2Connection(self.port) as c:
            for _ in range(20):
                block = head() + (add if c.next_stream == 1 else b'') + b'\xbe' * 8000
                c.send(frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, c.next_stream, block))
                c.next_stream += 2
            try:
                for stream in range(1, 41, 2):
                    a = c.answer(stream)
                    self.assertTrue(a.status == 431 or a.reset is not None, vars(a))
                self.assertEqual(c.get('/small').status, 200)
            except (Closed, OSError):
                self.assertNotEqual(c.goaways, [])
        self.assertLess(self.sluice.peak_rss() - self.before, GROWTH_MAX)

    def test_a_head_that_is_too_large_is_431(self):
        with H2Connection(self.port) as c:
            a = c.get('/small', more=[('x-%d' % i, 'a' * 1000) for i in range(15)])
            self.assertEqual(a.status, 200)
            block = head('/small') + b''.join(field('x-%d' % i, 'a' * 1000) for i in range(70))
            first, *rest = [block[i:i + 16000] for i in range(0, len(block), 16000)]
            stream = c.next_stream
            c.next_stream += 2
            c.send(frame(h2.HEADERS, h2.END_STREAM, stream, first) + b''.join(
                frame(h2.CONTINUATION, h2.END_HEADERS if p is rest[-1] else 0, stream, p)
                for p in rest))
            a = c.answer(stream)
            self.assertTrue(a.status == 431 or a.reset is not None, vars(a))
            self.assertEqual(c.get('/small').status, 200)

    def test_slow_heads_are_borne_beside_others(self):
        with RawConnection(self.port) as c:
            c.send(h2.PREFACE + frame(h2.SETTINGS))
            c.send(frame(h2.HEADERS, 0, 1, head())[:20])
            seen = len(self.neighbour.statuses)
            wait_for('50 answers', lambda: len(self.neighbour.statuses) > seen + 50)


class Malformed(Attack):
    CASES = [
        ('DATA on stream 0', frame(h2.DATA, 0, 0, b'x'), PROTOCOL),
        ('HEADERS on stream 0', frame(h2.HEADERS, 5, 0, head()), PROTOCOL),
        ('HEADERS on an even stream', frame(h2.HEADERS, 5, 2, head()), PROTOCOL),
        ('SETTINGS on a stream', frame(h2.SETTINGS, 0, 1), PROTOCOL),
        ('SETTINGS of five bytes', frame(h2.SETTINGS, 0, 0, b'12345'), h2.FRAME_SIZE_ERROR),
        ('SETTINGS acknowledged with bytes', frame(h2.SETTINGS, 1, 0, b'123456'),
         h2.FRAME_SIZE_ERROR),
        ('ENABLE_PUSH of 2', frame(h2.SETTINGS, 0, 0, setting(h2.ENABLE_PUSH, 2)), PROTOCOL),
        ('a window of 2^31', frame(h2.SETTINGS, 0, 0, setting(h2.INITIAL_WINDOW_SIZE, 1 << 31)),
         h2.FLOW_CONTROL_ERROR),
        ('PING of seven bytes', frame(h2.PING, 0, 0, b'1234567'), h2.FRAME_SIZE_ERROR),
        ('GOAWAY on a stream', frame(h2.GOAWAY, 0, 1, bytes(8)), PROTOCOL),
        ('WINDOW_UPDATE of nothing', frame(h2.WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL),
        ('WINDOW_UPDATE beyond 2^31', frame(h2.WINDOW_UPDATE, 0, 0, b'\x7f\xff\xff\xff'),
         h2.FLOW_CONTROL_ERROR),
        ('RST_STREAM of an idle stream', frame(h2.RST_STREAM, 0, 99, bytes(4)), PROTOCOL),
        ('CONTINUATION alone', frame(h2.CONTINUATION, 4, 1, head()), PROTOCOL),
        ('PUSH_PROMISE of a client', frame(h2.PUSH_PROMISE, 4, 1, bytes(4) + head()), PROTOCOL),
        ('a frame too large', b'\x00\x40\x01\x00\x00\x00\x00\x00\x01' + bytes(16385),
         h2.FRAME_SIZE_ERROR),
        ('a table index that is not there', frame(h2.HEADERS, 5, 1, b'\xff\xff\x7f'),
         h2.COMPRESSION_ERROR),
        ('padding longer than the frame', frame(h2.HEADERS, 5 | 8, 1, b'\xff' + head()), PROTOCOL)]

    def test_each_kind_has_its_code_and_ends_only_its_connection(self):
        for name, data, code in self.CASES:
            with self.subTest(name), H2Connection(self.port) as c:
                c.ping()
                c.socket.settimeout(5)
                c.send(data)
                self.assertEqual(c.end(), code)

    def test_frames_cut_anywhere(self):
        whole = h2.PREFACE + frame(h2.SETTINGS) + frame(h2.HEADERS, 5, 1, head('/small'))
        for n in range(len(whole)):
            with RawConnection(self.port) as c:
                c.send(whole[:n])
        wait_for('end of them', lambda: self.sluice.stat('http.web.downstream_cx_active') <= 1)

    def test_the_same_over_tls(self):
        context = client_context(alpn=['h2'])
        tls = self.sluice.port('tls')
        with H2Connection(tls, context) as c:
            c.send(frame(h2.DATA, 0, 0, b'x'))
            self.assertEqual(c.end(), PROTOCOL)
        self.assertIn(self.flood(frame(h2.PING, 0, 0, b'12345678'),
                                 connection=H2Connection(tls, context)), (CALM, None))

    def test_no_preface(self):
        for data in (b'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n' + bytes(100),
                     h2.PREFACE + frame(h2.PING, 0, 0, b'12345678')):
            with RawConnection(self.port) as c:
                c.socket.settimeout(5)
                c.send(data)
                try:
                    c.rest()
                except socket.timeout:
                    self.fail('not closed after %r' % data[:40])


if __name__ == '__main__':
    unittest.main()
