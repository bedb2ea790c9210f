"""Connections joined byte for byte: TLS that passes through, 100 MiB each way, ends, and memory."""
import hashlib
import os
import socket
import ssl
import struct
import threading
import unittest

from wirelib.bootstrap import bootstrap, cluster, tcp_chain, tcp_listener
from wirelib.certificates import Authority
from wirelib.origins import DemoBackend, ScriptedOrigin
from wirelib.processes import wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice, sanitized
from wirelib.tls import s_client, upstream, validation

MIB = 1 << 20
BLOCKS = 100  # of a MiB
GROWTH_BYTES_MAX = (16 if not sanitized() else 256) * MIB
IDLE = 1000
# Both connections' objects, their sockets' and libevent's share, and the pools' growth by steps.
IDLE_BYTES_MAX = 3000
TLS_INSPECTOR = ('listener_filters { name: "tls" typed_config { '
                 '[type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.'
                 'TlsInspector] {} } }')


def echo(s):
    while True:
        data = s.recv(1 << 18)
        if not data:
            return s.shutdown(socket.SHUT_WR)
        s.sendall(data)


def until_end(s):
    data = b''
    while True:
        more = s.recv(1 << 18)
        if not more:
            return data
        data += more


class TcpProxyTest(unittest.TestCase):
    def origin(self, serve):
        origin = ScriptedOrigin(serve)
        self.addCleanup(origin.close)
        return origin

    def start(self, config):
        sluice = Sluice(config)
        self.addCleanup(sluice.stop)
        return sluice

    def one(self, serve, fields='', more=''):
        """A proxy of everything to one origin."""
        return self.start(bootstrap(tcp_listener('web', tcp_chain('origin', fields)),
                                    cluster('origin', [self.origin(serve).port], more=more)))


class Passthrough(TcpProxyTest):
    """The hosts' own certificates reach the client, chosen by the name it asks for."""

    def tls_origin(self, identity):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)

        def serve(s):
            with context.wrap_socket(s, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
                tls.unwrap()
        return self.origin(serve)

    def test_by_sni(self):
        authority = Authority()
        names = ('one.test', 'two.test')
        origins = {n: self.tls_origin(authority.issue(n)) for n in names}
        chains = [tcp_chain(n, match='server_names: "%s"' % n) for n in names]
        sluice = self.start(bootstrap(tcp_listener('web', *chains, more=TLS_INSPECTOR),
                                      *[cluster(n, [o.port]) for n, o in origins.items()]))
        for name in names:
            run = s_client(sluice.port(), '-CAfile', authority.certificate, name=name)
            self.assertEqual((run.subject(), run.response(), run.verified()), (name, 200, True),
                             run.output)
        self.assertFalse(s_client(sluice.port(), name='three.test').done())


class LargeTransfers(TcpProxyTest):
    def test_100_mib_each_way_at_once(self):
        sluice = self.one(echo)
        with RawConnection(sluice.port()) as c:  # first use of everything
            c.send(b'x' * MIB)
            self.assertEqual(len(c.exactly(MIB)), MIB)
        before = sluice.rss()
        sent, got, length = hashlib.sha256(), hashlib.sha256(), 0
        with RawConnection(sluice.port(), timeout=60) as c:
            def write():
                block = os.urandom(MIB - 8)
                for i in range(BLOCKS):
                    data = i.to_bytes(8, 'big') + block
                    sent.update(data)
                    c.send(data)
                c.socket.shutdown(socket.SHUT_WR)
            writer = threading.Thread(target=write)
            writer.start()
            while True:
                data = c.socket.recv(1 << 18)
                if not data:
                    break
                got.update(data)
                length += len(data)
            writer.join()
        self.assertEqual((length, got.digest()), (BLOCKS * MIB, sent.digest()))
        self.assertLess(sluice.peak_rss() - before, GROWTH_BYTES_MAX)
        wait_for('the end', lambda: sluice.stat('cluster.origin.upstream_cx_active') == 0)
        for name in ('tcp.web.downstream_cx_rx_bytes_total', 'tcp.web.downstream_cx_tx_bytes_total',
                     'cluster.origin.upstream_cx_rx_bytes_total'):
            self.assertEqual(sluice.stat(name), (BLOCKS + 1) * MIB, name)


class Ends(TcpProxyTest):
    def test_each_direction_by_itself(self):
        def serve(s):
            s.sendall(b'%d' % len(until_end(s)))
        sluice = self.one(serve)
        with RawConnection(sluice.port()) as c:
            c.send(b'x' * 100000)
            c.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(c.rest(), b'100000')

    def test_a_killed_upstream_ends_its_tunnels_and_no_other(self):
        backend, other = DemoBackend(), self.origin(echo)
        sluice = self.start(bootstrap(
            tcp_listener('web', tcp_chain('backend')), tcp_listener('echo', tcp_chain('other')),
            cluster('backend', [backend.port]), cluster('other', [other.port])))
        with RawConnection(sluice.port()) as c, RawConnection(sluice.port('echo')) as o:
            self.assertEqual(c.get('/whoami').status, 200)
            backend.kill()
            self.assertEqual(c.rest(), b'')
            o.send(b'still here')
            self.assertEqual(o.exactly(10), b'still here')
        with RawConnection(sluice.port()) as c:
            self.assertEqual(c.rest(), b'')
        self.assertEqual(sluice.stat('cluster.backend.upstream_cx_connect_fail'), 1)
        wait_for('the end', lambda: sluice.stat('cluster.backend.upstream_cx_active') == 0)

    def test_resets_pass_in_both_directions(self):
        seen = []

        def reset(s):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            s.close()

        def serve(s):
            if s.recv(100) == b'reset me':
                return reset(s)
            try:
                while s.recv(100):
                    pass
                seen.append('end')
            except ConnectionResetError:
                seen.append('reset')
        sluice = self.one(serve)
        with RawConnection(sluice.port()) as c:
            c.send(b'reset me')
            with self.assertRaises(ConnectionResetError):
                c.socket.recv(1)
        c = RawConnection(sluice.port())
        c.send(b'I shall reset')
        wait_for('bytes', lambda: sluice.stat('tcp.web.downstream_cx_rx_bytes_total') == 21)
        reset(c.socket)
        wait_for('the origin to see it', lambda: seen)
        self.assertEqual(seen, ['reset'])

    def test_sigterm_waits_for_open_tunnels(self):
        sluice = self.one(echo)
        with RawConnection(sluice.port()) as c:
            c.send(b'a')
            c.exactly(1)
            sluice.signal(15)
            wait_for('the drain', lambda: 'draining, then exiting' in sluice.output())
            c.send(b'still here')
            self.assertEqual(c.exactly(10), b'still here')
        self.assertEqual(sluice.exit_code(), 0)


class Tls(TcpProxyTest):
    def test_upstream_tls(self):
        authority = Authority()
        identity = authority.issue('origin.test')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)

        def serve(s):
            with context.wrap_socket(s, server_side=True) as tls:
                tls.sendall(tls.recv(100).upper())
        sluice = self.one(serve, more=upstream(validation(authority), more='sni: "origin.test"'))
        with RawConnection(sluice.port()) as c:
            c.send(b'hello')
            self.assertEqual(c.exactly(5), b'HELLO')
        self.assertEqual(sluice.stat('cluster.origin.ssl.handshake'), 1)


class Memory(TcpProxyTest):
    def test_idle_tunnels_are_cheap(self):
        sluice = self.one(echo, more='circuit_breakers { thresholds { max_connections { value: '
                          '100000 } max_pending_requests { value: 100000 } } }')
        tunnels = []

        def open_some(n):
            for _ in range(n):
                c = RawConnection(sluice.port())
                self.addCleanup(c.close)
                c.send(b'x')
                c.exactly(1)
                tunnels.append(c)
        open_some(IDLE)
        before = sluice.rss()
        open_some(IDLE)
        each = (sluice.rss() - before) / IDLE
        if not sanitized():
            self.assertLess(each, IDLE_BYTES_MAX)
        for c in tunnels[::100]:
            c.send(b'y')
            self.assertEqual(c.exactly(1), b'y')


if __name__ == '__main__':
    unittest.main()
