"""Worker threads, each with its own socket of the same address (SO_REUSEPORT)."""
import os
import stat
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, one_route_to, route
from wirelib.origins import DemoBackend
from wirelib.processes import scratch_directory
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice


def listening_sockets(port):
    """How many sockets of this machine listen on 127.0.0.1:port."""
    with open('/proc/net/tcp') as f:
        return sum(1 for line in f if line.split()[1:4:2] == ['0100007F:%04X' % port, '0A'])


def cpu_ms(pid):
    """{thread: milliseconds}; the clock's ticks would be too coarse."""
    ms = {}
    for t in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/schedstat' % (pid, t)) as f:
            ms[t] = int(f.read().split()[0]) / 1e6
    return ms


class Workers(unittest.TestCase):
    def setUp(self):
        self.backend = DemoBackend()
        self.addCleanup(self.backend.stop)

    def start(self, concurrency):
        sluice = Sluice(one_route_to(self.backend.port), concurrency=concurrency)
        self.addCleanup(sluice.stop)
        return sluice

    def test_or_all_share_one(self):
        sluice = Sluice(bootstrap(
            listener('web', [route('/', 'origin')], more='enable_reuse_port { value: false }'),
            cluster('origin', [self.backend.port])), concurrency=3)
        self.addCleanup(sluice.stop)
        self.assertEqual(listening_sockets(sluice.port()), 1)
        for _ in range(20):
            with RawConnection(sluice.port()) as c:
                self.assertEqual(c.get('/whoami').body, b'one\n')

    def test_all_share_a_unix_socket(self):
        path = os.path.join(scratch_directory(), 'socket')
        name = '@sluice.%d' % os.getpid()
        more = ' '.join('additional_addresses { address { pipe { path: "%s" } } }' % at
                        for at in (path, name))
        sluice = Sluice(bootstrap(listener('web', [route('/', 'origin')], more=more),
                                  cluster('origin', [self.backend.port])), concurrency=3)
        self.addCleanup(sluice.stop)
        with open('/proc/net/unix') as f:
            rows = [line.split() for line in f]
        for at in (path, name):
            # flags: __SO_ACCEPTCON
            listening = [r for r in rows if r[-1] == at and r[3] == '00010000']
            self.assertEqual(len(listening), 1, at)
            for _ in range(20):
                with RawConnection(at) as c:
                    self.assertEqual(c.get('/whoami').body, b'one\n')

    def test_a_unix_socket_is_for_those_whom_its_mode_lets_in(self):
        path = os.path.join(scratch_directory(), 'socket')
        more = ('additional_addresses { address { pipe { path: "%s" mode: 432 } } }' % path)  # 0660
        sluice = Sluice(bootstrap(listener('web', [route('/', 'origin')], more=more),
                                  cluster('origin', [self.backend.port])))
        self.addCleanup(sluice.stop)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)

    def test_each_worker_has_its_own_listening_socket(self):
        for concurrency in (1, 2, 4):
            sluice = self.start(concurrency)
            self.assertEqual(listening_sockets(sluice.port()), concurrency)
            sluice.stop()

    def test_both_of_two_workers_serve(self):
        sluice = self.start(2)
        before = cpu_ms(sluice.pid)
        connections = [RawConnection(sluice.port()) for _ in range(64)]
        for c in connections:
            self.addCleanup(c.close)
        for _ in range(40):
            for c in connections:
                self.assertEqual(c.get('/whoami').body, b'one\n')
        # 64 connections hashed on two sockets: none on one of them has a chance of 2^-63
        grown = [t for t, ms in cpu_ms(sluice.pid).items() if ms > before.get(t, 0) + 1]
        self.assertGreaterEqual(len(grown), 2, 'only one thread worked')
        self.assertEqual(sluice.stat('http.web.downstream_rq_2xx'), 64 * 40)
        self.assertEqual(sluice.stat('server.concurrency'), 2)


if __name__ == '__main__':
    unittest.main()
