"""Signals, and a backend that dies, while requests are under way."""
import os
import signal
import threading
import time
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, one_route_to, route
from wirelib.load import Load
from wirelib.origins import DemoBackend
from wirelib.processes import wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice


class Signals(unittest.TestCase):
    def setUp(self):
        self.backend = DemoBackend()
        self.addCleanup(self.backend.stop)

    def start(self, *args):
        self.sluice = Sluice(one_route_to(self.backend.port), concurrency=2, args=args)
        self.addCleanup(self.sluice.stop)

    def test_sigterm_under_load_fails_no_request(self):
        self.start('--drain-time-s', '3')
        load = Load(self.sluice.port(), ['/whoami', '/slow?ms=40', '/bytes/200000'])
        wait_for('200 requests', lambda: len(load.outcomes) > 200)
        self.sluice.signal(signal.SIGTERM)
        load.join()  # every connection is closed by Sluice, after an answer
        self.assertEqual(self.sluice.exit_code(), 0)
        self.assertEqual([(o.status, o.complete) for o in load.failures()], [])

    def test_a_request_that_outlasts_the_signal_is_finished(self):
        self.start('--drain-time-s', '5')
        answers = []

        def ask():
            with RawConnection(self.sluice_port) as c:
                answers.append(c.get('/slow?ms=1500'))

        self.sluice_port = self.sluice.port()
        client = threading.Thread(target=ask)
        client.start()
        wait_for('the request', lambda: self.sluice.stat('http.web.downstream_rq_active') == 1)
        self.sluice.signal(signal.SIGTERM)
        client.join(20)
        self.assertEqual([(r.status, r.closes()) for r in answers], [(200, True)])
        self.assertEqual(self.sluice.exit_code(), 0)

    def test_idle_connections_do_not_keep_it_alive(self):
        self.start('--drain-time-s', '1')
        with RawConnection(self.sluice.port()) as c:
            c.get('/whoami')
            began = time.monotonic()
            self.sluice.signal(signal.SIGINT)
            self.assertEqual(self.sluice.exit_code(), 0)
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(c.rest(), b'')

    def test_sighup_and_sigusr1_and_sigpipe_do_not_end_it(self):
        self.start()
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE):
            self.sluice.signal(number)
            with RawConnection(self.sluice.port()) as c:
                self.assertEqual(c.get('/whoami').status, 200)
        self.assertTrue(self.sluice.running())

    def test_quitquitquit_ends_it(self):
        self.start('--drain-time-s', '1')
        self.assertEqual(self.sluice.admin('/quitquitquit', 'POST')[0], 200)
        self.assertEqual(self.sluice.exit_code(), 0)


class DyingBackend(unittest.TestCase):
    def test_errors_only_for_what_was_in_flight_and_while_it_is_down(self):
        dying, other = DemoBackend('dying'), DemoBackend('other')
        sluice = Sluice(bootstrap(
            listener('web', [route('/slow', 'dying'), route('/', 'other')]),
            cluster('dying', [dying.port]), cluster('other', [other.port])))
        self.addCleanup(other.stop)
        self.addCleanup(sluice.stop)
        load = Load(sluice.port(), ['/slow?ms=20', '/whoami'], threads=16, reconnect=True)
        wait_for('200 requests', lambda: len(load.outcomes) > 200)
        killed = time.monotonic()
        dying.kill()
        wait_for('an error', lambda: any(o.ended > killed for o in load.failures()))
        back = DemoBackend('dying', dying.port)
        self.addCleanup(back.stop)
        restarted = time.monotonic()
        seen = len(load.outcomes)
        wait_for('200 more requests', lambda: len(load.outcomes) > seen + 200)
        load.stop()

        self.assertEqual([o for o in load.outcomes if not o.complete], [],
                         'a client was cut off instead of answered')
        failures = load.failures()
        self.assertLessEqual({o.status for o in failures}, {502, 503})
        # eight threads ask the dying backend, one request each at a time
        self.assertLessEqual(len([o for o in failures if o.began < killed]), 8)
        self.assertEqual([o.status for o in failures if o.began > restarted], [])

    def test_connections_it_closed_while_idle_cost_no_request(self):
        backend = DemoBackend()
        sluice = Sluice(one_route_to(backend.port))
        self.addCleanup(sluice.stop)
        for _ in range(10):
            load = Load(sluice.port(), ['/slow?ms=10'], threads=8)
            wait_for('8 requests', lambda: len(load.outcomes) >= 8)
            load.stop()
            port = backend.port
            backend.kill()
            backend = DemoBackend('one', port)
            with RawConnection(sluice.port()) as c:
                self.assertEqual(c.get('/whoami').status, 200)
        backend.stop()


class Descriptors(unittest.TestCase):
    def test_none_is_lost_over_many_connections(self):
        backend = DemoBackend()
        sluice = Sluice(one_route_to(backend.port))
        self.addCleanup(backend.stop)
        self.addCleanup(sluice.stop)

        def use():
            for i in range(200):
                with RawConnection(sluice.port()) as c:
                    if i % 3 == 0:
                        c.send(b'GET /slow?ms=5000 HTTP/1.1\r\nHost: a\r\n\r\n')  # and leaves
                    else:
                        self.assertEqual(c.get('/whoami').status, 200)

        def count():
            return len(os.listdir('/proc/%d/fd' % sluice.pid))

        use()
        wait_for('quiet', lambda: sluice.stat('http.web.downstream_cx_active') == 0)
        first = count()
        use()
        wait_for('quiet', lambda: sluice.stat('http.web.downstream_cx_active') == 0)
        wait_for('return of all descriptors', lambda: count() <= first + 5)


if __name__ == '__main__':
    unittest.main()
