"""A gibibyte each way: the digest is right, and the proxy's memory does not grow with the body."""
import hashlib
import os
import socket
import threading
import unittest

from wirelib.bootstrap import one_route_to
from wirelib.origins import DemoBackend, ScriptedOrigin
from wirelib.processes import wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice, sanitized

MIB = 1 << 20
BLOCKS = 1024  # of a MiB
GROWTH_BYTES_MAX = (16 if not sanitized() else 256) * MIB
# A stalled client may hold Envoy's default buffer limit, 1 MiB, in each direction, and the blocks
# in which it is held.
STALLED_CLIENTS = 20
STALLED_BYTES_MAX = STALLED_CLIENTS * (3 if not sanitized() else 12) * MIB


class Blocks:
    """A body of which no two blocks are alike, and its digest."""

    def __init__(self):
        self.random = os.urandom(MIB - 8)
        self.digest = hashlib.sha256()

    def __iter__(self):
        for i in range(BLOCKS):
            block = i.to_bytes(8, 'big') + self.random
            self.digest.update(block)
            yield block


class Reading:
    """Digest and length of what comes out of a raw connection or socket."""

    def __init__(self):
        self.digest, self.length = hashlib.sha256(), 0

    def take(self, data):
        self.digest.update(data)
        self.length += len(data)


def read_head(s):
    """(head, the first bytes after it)"""
    data = b''
    while b'\r\n\r\n' not in data:
        more = s.recv(65536)
        if not more:
            raise OSError('no request')
        data += more
    return data.split(b'\r\n\r\n', 1)


class LargeBodies(unittest.TestCase):
    def start(self, serve):
        origin = ScriptedOrigin(serve)
        self.addCleanup(origin.close)
        self.sluice = Sluice(one_route_to(origin.port))
        self.addCleanup(self.sluice.stop)
        with RawConnection(self.sluice.port()) as c:  # first use of everything
            c.send(b'GET /warm HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(c.read_response().status, 200)
        self.before = self.sluice.rss()

    def assert_memory_is_bounded(self):
        self.assertLess(self.sluice.peak_rss() - self.before, GROWTH_BYTES_MAX)

    def test_download(self):
        blocks = Blocks()

        def serve(s):
            while True:
                head, _ = read_head(s)
                if b'/warm' in head:
                    s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
                    continue
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % (BLOCKS * MIB))
                for block in blocks:
                    s.sendall(block)

        self.start(serve)
        got = Reading()
        with RawConnection(self.sluice.port(), timeout=60) as c:
            c.send(b'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(c.read_response(to_head=True).header('content-length'),
                             str(BLOCKS * MIB))
            got.take(c.exactly(len(c.pending)))
            while got.length < BLOCKS * MIB:
                data = c.socket.recv(MIB)
                self.assertTrue(data, 'closed after %d bytes' % got.length)
                got.take(data)
        self.assertEqual(got.length, BLOCKS * MIB)
        self.assertEqual(got.digest.digest(), blocks.digest.digest())
        self.assert_memory_is_bounded()

    def test_upload_of_a_known_length(self):
        got = Reading()

        def serve(s):
            while True:
                head, rest = read_head(s)
                if b'/warm' in head:
                    s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
                    continue
                got.take(rest)
                while got.length < BLOCKS * MIB:
                    data = s.recv(MIB)
                    if not data:
                        return
                    got.take(data)
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

        self.start(serve)
        blocks = Blocks()
        with RawConnection(self.sluice.port(), timeout=60) as c:
            c.send(b'PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' % (BLOCKS * MIB))
            for block in blocks:
                c.send(block)
            self.assertEqual(c.read_response().status, 200)
        self.assertEqual((got.length, got.digest.digest()),
                         (BLOCKS * MIB, blocks.digest.digest()))
        self.assert_memory_is_bounded()

    def test_chunked_both_ways(self):
        """An echo: the request's chunks come back as the response's."""
        def serve(s):
            head, rest = read_head(s)
            if b'/warm' in head:
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
                return
            s.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n')
            tail = b''
            data = rest
            while True:
                s.sendall(data)
                tail = (tail + data)[-7:]
                if tail == b'\r\n0\r\n\r\n':
                    return
                data = s.recv(MIB)
                if not data:
                    return

        self.start(serve)
        sent, got = Blocks(), Reading()
        with RawConnection(self.sluice.port(), timeout=60) as c:
            def upload():
                c.send(b'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
                for i, block in enumerate(sent):
                    if i == 256:
                        break
                    c.send(b'%x\r\n' % len(block) + block + b'\r\n')
                c.send(b'0\r\n\r\n')

            uploader = threading.Thread(target=upload)
            uploader.start()
            self.assertEqual(c.read_head().header('transfer-encoding'), 'chunked')
            while True:
                size = int(c.until(b'\r\n').split(b';')[0], 16)
                if size == 0:
                    break
                got.take(c.exactly(size))
                self.assertEqual(c.exactly(2), b'\r\n')
            uploader.join()
        self.assertEqual(got.length, 256 * MIB)
        expected = hashlib.sha256()
        for i in range(256):
            expected.update(i.to_bytes(8, 'big') + sent.random)
        self.assertEqual(got.digest.digest(), expected.digest())
        self.assert_memory_is_bounded()


class StalledClients(unittest.TestCase):
    def test_clients_that_stop_reading_hold_little_and_go_on_when_they_read_again(self):
        backend = DemoBackend()
        sluice = Sluice(one_route_to(backend.port))
        self.addCleanup(backend.stop)
        self.addCleanup(sluice.stop)
        size = 64 * MIB
        with RawConnection(sluice.port()) as c:
            c.get('/bytes/100000')
        before = sluice.rss()
        clients = []
        for _ in range(STALLED_CLIENTS):
            c = RawConnection(sluice.port())
            self.addCleanup(c.close)
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            c.send(b'GET /bytes/%d HTTP/1.1\r\nHost: a\r\n\r\n' % size)
            clients.append(c)

        seen = []

        def stalled():  # nothing more comes from the backend
            seen.append(sluice.stat('cluster.origin.upstream_cx_rx_bytes_total'))
            return len(seen) > 5 and seen[-1] > 0 and len(set(seen[-5:])) == 1

        wait_for('end of the flow', stalled, seconds=30, every=0.1)
        self.assertLess(seen[-1], STALLED_CLIENTS * size / 4)
        self.assertLess(sluice.rss() - before, STALLED_BYTES_MAX)
        r = clients[0].read_response()
        self.assertEqual(len(r.body), size)


if __name__ == '__main__':
    unittest.main()
