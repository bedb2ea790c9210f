"""A proxy, or an upstream connection, ends while streams are under way: GOAWAY in two steps."""
import signal
import threading
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, one_route_to, route
from wirelib.certificates import Authority
from wirelib.h2 import NO_ERROR, H2Connection
from wirelib.h2_peers import h2load
from wirelib.origins import DemoBackend, Nginx
from wirelib.processes import wait_for
from wirelib.raw import Closed
from wirelib.sluice import Sluice
from wirelib.tls import HTTP2_UPSTREAM, certificate, client_context, downstream

STREAMS = 8  # at once on each connection
LAST_STREAM_MAX = 2 ** 31 - 1


class Client(threading.Thread):
    """Asks on one connection, several streams at once, until it is told to go away."""

    def __init__(self, port, context):
        super().__init__(daemon=True)
        self.connection = H2Connection(port, context)
        self.asked, self.answers, self.error = 0, [], None
        self.start()

    def run(self):
        c, waiting = self.connection, []
        try:
            while not c.goaways or waiting:
                while not c.goaways and len(waiting) < STREAMS:
                    waiting.append(c.request('/slow?ms=20'))
                    self.asked += 1
                c.read_frame()
                for stream in [s for s in waiting if c.answers[s].ended]:
                    self.answers.append((stream, c.answers.pop(stream)))
                    waiting.remove(stream)
            c.end()
        except (Closed, OSError) as e:
            self.error = e
            self.answers += [(s, c.answers[s]) for s in waiting]


class Drain(unittest.TestCase):
    def setUp(self):
        self.backend = DemoBackend()
        self.addCleanup(self.backend.stop)

    def drain_under_load(self, sluice, context, end):
        clients = [Client(sluice.port(), context) for _ in range(4)]
        wait_for('200 answers', lambda: sum(len(c.answers) for c in clients) > 200)
        end()
        for c in clients:
            c.join(20)
            self.assertFalse(c.is_alive(), 'a client still waits')
        for c in clients:
            self.assertIsNone(c.error)
            self.assertEqual(len(c.answers), c.asked)
            self.assertEqual({(a.status, a.reset, a.ended) for _, a in c.answers},
                             {(200, None, True)})
            # RFC 9113 section 6.8: first "no more soon", then the last one that was taken
            first, *_, last = c.connection.goaways
            self.assertEqual(first[:2], (LAST_STREAM_MAX, NO_ERROR))
            self.assertEqual(last[1], NO_ERROR)
            self.assertGreaterEqual(last[0], max(s for s, _ in c.answers))
            self.assertLess(last[0], LAST_STREAM_MAX)

    def test_sigterm_fails_no_stream(self):
        identity = Authority().issue('wire.test')
        sluice = Sluice(bootstrap(
            listener('web', [route('/', 'origin')], chain=downstream(certificate(identity)),
                     manager='drain_timeout { nanos: 300000000 }'),
            cluster('origin', [self.backend.port])), concurrency=2, args=['--drain-time-s', '3'])
        self.addCleanup(sluice.stop)
        self.drain_under_load(sluice, client_context(alpn=['h2']),
                              lambda: sluice.signal(signal.SIGTERM))
        self.assertEqual(sluice.exit_code(), 0)

    def test_drain_listeners_fails_no_stream(self):
        sluice = Sluice(one_route_to(
            self.backend.port, manager='drain_timeout { nanos: 300000000 }'),
            args=['--drain-time-s', '3'])
        self.addCleanup(sluice.stop)
        self.drain_under_load(
            sluice, None, lambda: sluice.admin('/drain_listeners?graceful', 'POST'))
        self.assertTrue(sluice.running())


class UpstreamGoesAway(unittest.TestCase):
    def test_streams_that_it_did_not_take_are_asked_elsewhere(self):
        """nginx says GOAWAY on each connection after so many requests, while more are under way."""
        nginx = Nginx('''server { listen 127.0.0.1:@PORT@ http2; keepalive_requests 40;
            location / { return 200 "hello"; } }''')
        sluice = Sluice(one_route_to(nginx.port, cluster_more=HTTP2_UPSTREAM))
        for p in (nginx, sluice):
            self.addCleanup(p.stop)
        result = h2load(sluice.url(), 2000, 4, 8)
        self.assertEqual(result.statuses.get('2xx'), 2000, result.text)
        self.assertGreaterEqual(sluice.stat('cluster.origin.upstream_cx_total'), 2000 // 40)


if __name__ == '__main__':
    unittest.main()
