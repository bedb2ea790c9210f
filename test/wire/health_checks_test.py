"""Active health checks of real servers: nginx, gRPC's health service, WebSocket servers made with the
npm package "ws", and a server that is stopped and goes on."""
import json
import os
import re
import signal
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.origins import DemoBackend, Nginx
from wirelib.processes import Child, tool, wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'wirelib', 'ws_peer.js')
WEBSOCKET = 'type.googleapis.com/sluice.health_checkers.websocket.v1.WebSocket'


def check(how, more=''):
    """A cluster's fields: asked five times a second, two results of a kind count."""
    return '''common_lb_config { healthy_panic_threshold { value: 0 } }
      health_checks { timeout { nanos: 500000000 } interval { nanos: 200000000 }
        no_traffic_interval { nanos: 200000000 } unhealthy_threshold { value: 2 }
        healthy_threshold { value: 2 } %s %s }''' % (how, more)


def websocket(fields=''):
    return check('custom_health_check { name: "websocket" typed_config { [%s] { %s } } }' % (
        WEBSOCKET, fields))


class WsServer(Child):
    def __init__(self, mode):
        package = os.environ.get('WS_PACKAGE')
        if not package:
            raise RuntimeError('WS_PACKAGE does not name the package.json of the npm package "ws"')
        super().__init__([tool('node'), PEER, mode],
                         env={'WS_PACKAGE': os.path.dirname(os.path.abspath(package))})
        self.port = int(re.search(r'listens on (\d+)',
                                  self.wait_for_output('listens on')).group(1))


class GrpcServer(Child):
    def __init__(self):
        binary = os.environ.get('GRPC_PEER_BIN')
        if not binary:
            raise RuntimeError('GRPC_PEER_BIN does not name the program that speaks gRPC')
        super().__init__([os.path.abspath(binary), 'server'])
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on 127\.0\.0\.1:(\d+)', text).group(1))


class HealthChecks(unittest.TestCase):
    def start(self, server, fields, to=None):
        self.server = server
        self.addCleanup(server.stop)
        self.sluice = Sluice(bootstrap(
            listener('web', [route('/', 'origin')]),
            cluster('origin', [to or server.port], more=fields)))
        self.addCleanup(self.sluice.stop)

    def hosts(self):
        status, body = self.sluice.admin('/hosts/origin')
        self.assertEqual(status, 200)
        return json.loads(body)['hosts']

    def wait_until(self, state):
        wait_for(state + ' host', lambda: self.hosts()[0]['state'] == state)
        return self.hosts()[0]['probes'][0]['outcome']

    def status(self, path='/whoami'):
        with RawConnection(self.sluice.port()) as c:
            return c.get(path).status

    def upgrade(self):
        with RawConnection(self.sluice.port()) as c:
            c.send(b'GET / HTTP/1.1\r\nHost: wire.test\r\nUpgrade: websocket\r\n'
                   b'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
                   b'Sec-WebSocket-Version: 13\r\n\r\n')
            return c.read_head().status

    def test_nginx_passes_and_its_body_is_looked_through(self):
        nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 200 "all is well"; } }')
        self.start(nginx, check('http_health_check { path: "/" receive { text: "%s" } }' %
                                b'well'.hex()))
        self.assertEqual(self.wait_until('healthy'), 'status 200')
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.sluice.stat('cluster.origin.health_check.failure'), 0)

    def test_nginx_that_says_503_fails(self):
        nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 503; } }')
        self.start(nginx, check('http_health_check { path: "/" }'))
        self.assertEqual(self.wait_until('unhealthy'), 'status 503, expected 200')
        self.assertEqual(self.status(), 503)

    def test_a_connection_is_kept_between_probes(self):
        nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 200 $connection; } }')
        self.start(nginx, check('http_health_check { path: "/" }'))
        wait_for('five probes',
                 lambda: self.sluice.stat('cluster.origin.health_check.success') >= 5)
        # nginx counts its connections: the probes' is one, this is the second.
        with RawConnection(nginx.port) as c:
            self.assertLessEqual(int(c.get('/').body), 4)

    def test_a_stopped_server_is_found_out_and_taken_back(self):
        self.start(DemoBackend(), check('http_health_check { path: "/whoami" }'))
        self.wait_until('healthy')
        self.server.signal(signal.SIGSTOP)
        try:
            outcome = self.wait_until('unhealthy')
            self.assertEqual(outcome, 'no answer within 0.5 s')
            self.assertIn('active_hc_timeout', self.sluice.admin('/clusters')[1])
            self.assertEqual(self.status(), 503)
        finally:
            self.server.signal(signal.SIGCONT)
        self.wait_until('healthy')
        self.assertEqual(self.status(), 200)

    def test_a_killed_server_is_found_out_and_its_successor_taken(self):
        first = DemoBackend()
        self.start(first, check('tcp_health_check {}'))
        self.assertEqual(self.wait_until('healthy'), 'connected')
        first.kill()
        self.assertEqual(self.wait_until('unhealthy'), 'connection refused')
        second = DemoBackend(port=first.port)
        self.addCleanup(second.stop)
        self.wait_until('healthy')
        self.assertEqual(self.status(), 200)

    def test_grpcs_own_health_service(self):
        self.start(GrpcServer(), check('grpc_health_check {}'))
        self.assertEqual(self.wait_until('healthy'), 'SERVING')

    def test_a_service_that_grpcs_health_service_does_not_know(self):
        self.start(GrpcServer(), check('grpc_health_check { service_name: "nobody" }'))
        self.assertEqual(self.wait_until('unhealthy'), 'grpc-status 5, expected 0')

    def test_the_trap_a_plain_probe_and_a_websocket_server(self):
        for mode, status in (('serve-400', 400), ('serve-only', 426)):
            with self.subTest(mode):
                self.start(WsServer(mode), check('http_health_check { path: "/" }'))
                self.assertEqual(self.wait_until('unhealthy'), 'status %d, expected 200' % status)
                self.assertEqual(self.upgrade(), 503)

    def test_the_probe_that_speaks_websocket(self):
        for mode in ('serve-400', 'serve-only'):
            with self.subTest(mode):
                self.start(WsServer(mode), websocket('ping: true'))
                self.assertEqual(self.wait_until('healthy'), 'websocket, PONG')
                self.assertEqual(self.upgrade(), 101)

    def test_a_web_server_is_no_websocket_server(self):
        nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 200 "a web site"; } }')
        self.start(nginx, websocket('require_ws: true'))
        self.assertEqual(self.wait_until('unhealthy'),
                         'handshake answered with status 200, expected 101; plain request with 200')

    def test_an_operator_drains_a_host_and_takes_it_back(self):
        self.start(DemoBackend(), check('http_health_check { path: "/whoami" }'))
        self.wait_until('healthy')
        path = '/hosts/origin/127.0.0.1:%d?state=' % self.server.port
        self.assertEqual(self.sluice.admin(path + 'drain')[0], 405)
        self.assertEqual(self.sluice.admin(path + 'drain', 'POST')[0], 200)
        self.wait_until('unhealthy')
        self.assertEqual(self.hosts()[0]['reasons'], ['an operator drains it'])
        wait_for('503', lambda: self.status() == 503)
        self.assertEqual(self.sluice.admin(path + 'up', 'POST')[0], 200)
        self.wait_until('healthy')
        wait_for('200', lambda: self.status() == 200)


if __name__ == '__main__':
    unittest.main()
