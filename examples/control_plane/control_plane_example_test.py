"""What this folder's README promises: a proxy that is told everything, and changes that hurt
nobody. Over real gRPC, in both dialects."""
import asyncio
import json
import os
import re
import unittest

from wirelib.origins import DemoBackend
from wirelib.processes import Child, scratch_directory, wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice
from wirelib.websocket import TEXT, Http1Client, WsServer

HERE = os.path.dirname(os.path.abspath(__file__))
ROUTES = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration'


def read(*path):
    with open(os.path.join(HERE, *path)) as f:
        return f.read()


class ControlPlane(Child):
    def __init__(self, *args, port=0):
        super().__init__([os.path.abspath(os.environ['CONTROL_PLANE_BIN']), '--port', str(port),
                          *args])
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on 127\.0\.0\.1:(\d+)', text).group(1))


class Told(unittest.IsolatedAsyncioTestCase):
    def start(self, *args, api='DELTA_GRPC', more=()):
        self.plane = ControlPlane(*args)
        config = read('sluice.textproto').replace('DELTA_GRPC', api)
        ports = {'18000': self.plane.port, '9901': 0}
        config = re.sub(r'(?<=port_value: )\d+', lambda m: str(ports[m.group()]), config)
        self.sluice = Sluice(config, args=more)
        for p in (self.plane, self.sluice):
            self.addCleanup(p.stop)

    def start_with_folder(self, api='DELTA_GRPC'):
        """The README's resources, with free ports."""
        self.folder = scratch_directory()
        backends = [DemoBackend('one'), DemoBackend('two')]
        for b in backends:
            self.addCleanup(b.stop)
        for name in sorted(os.listdir(os.path.join(HERE, 'resources'))):
            text = read('resources', name)
            for before, after in (('9001', backends[0].port), ('9002', backends[1].port),
                                  ('10000', 0)):
                text = text.replace('port_value: ' + before, 'port_value: %d' % after)
            self.put(name, text)
        self.start('--folder', self.folder, api=api)
        self.port = wait_for('the listener', self.port_of_web)

    def port_of_web(self):
        try:
            return self.sluice.port('web')
        except AssertionError:
            return None

    def put(self, name, text):
        """In one step, as editors do."""
        path = os.path.join(self.folder, name)
        with open(path + '.new', 'w') as f:
            f.write(text)
        os.rename(path + '.new', path)

    def edit(self, name, before, after):
        with open(os.path.join(self.folder, name)) as f:
            text = f.read()
        self.assertIn(before, text)
        self.put(name, text.replace(before, after))

    def whoami(self):
        with RawConnection(self.port) as c:
            return c.get('/whoami').body.decode().strip()

    def until_answer_is(self, name):
        wait_for('answer ' + name, lambda: name in self.whoami())

    def test_a_live_change_in_both_dialects(self):
        for api in ('GRPC', 'DELTA_GRPC'):
            with self.subTest(api):
                self.start_with_folder(api)
                self.assertIn('one', self.whoami())
                with RawConnection(self.port) as c:
                    self.assertEqual(c.get('/whoami').status, 200)
                    self.edit('routes.yaml', 'cluster: one', 'cluster: two')
                    self.until_answer_is('two')
                    # On the same connection, which nobody has closed.
                    self.assertIn(b'two', c.get('/whoami').body)
                dump = json.loads(self.sluice.admin('/config_dump')[1])
                self.assertIn(ROUTES, json.dumps(dump))
                self.sluice.stop()
                self.plane.stop()

    def test_a_file_that_cannot_be_read_changes_nothing(self):
        self.start_with_folder()
        self.edit('routes.yaml', 'cluster: one', 'clutser: two')
        self.plane.wait_for_output('did you mean "cluster"')
        self.assertIn('one', self.whoami())

    def test_what_the_proxy_refuses_is_named_and_the_old_serves_on(self):
        self.start_with_folder()
        self.edit('clusters.yaml', 'name: two\n  type: EDS',
                  'name: two\n  connect_timeout: 0s\n  type: EDS')
        self.plane.wait_for_output('refuses: Cluster "two": connect_timeout: ')
        self.assertIn('one', self.whoami())
        self.edit('routes.yaml', 'cluster: one', 'cluster: two')
        self.until_answer_is('two')  # the version before

    def test_endpoints_change_by_themselves(self):
        self.start_with_folder()
        other = DemoBackend('other')
        self.addCleanup(other.stop)
        with open(os.path.join(self.folder, 'endpoints.yaml')) as f:
            first = re.search(r'port_value: (\d+)', f.read()).group()
        self.edit('endpoints.yaml', first, 'port_value: %d' % other.port)
        self.until_answer_is('other')

    def test_a_control_plane_that_goes_and_comes_back(self):
        self.start_with_folder()
        port = self.plane.port
        self.plane.stop()
        wait_for('the end of the stream',
                 lambda: self.sluice.stat('control_plane.connected_state') == 0)
        self.assertIn('one', self.whoami())
        self.edit('routes.yaml', 'cluster: one', 'cluster: two')
        self.plane = ControlPlane('--folder', self.folder, port=port)
        self.addCleanup(self.plane.stop)
        wait_for('answer two', lambda: 'two' in self.whoami(), seconds=60)

    # The WebSocket server runs in the same loop: what waits must not hold it up.

    async def test_a_websocket_outlives_its_listener(self):
        server = await WsServer().start()
        self.addCleanup(server.stop)
        await asyncio.to_thread(self.start_with_folder)
        with open(os.path.join(self.folder, 'endpoints.yaml')) as f:
            first = re.search(r'port_value: (\d+)', f.read()).group()
        self.edit('endpoints.yaml', first, 'port_value: %d' % server.port)
        await asyncio.to_thread(self.until_answer_is, 'hello')
        ws = await (await Http1Client.open(self.port)).websocket('/')
        await ws.say(TEXT, b'before')
        self.assertEqual((await ws.hear()).payload, b'before')
        os.remove(os.path.join(self.folder, 'listeners.yaml'))
        await asyncio.to_thread(wait_for, 'the end of the listener',
                                lambda: self.port_of_web() is None)
        await ws.say(TEXT, b'after')
        self.assertEqual((await ws.hear()).payload, b'after')
        self.assertEqual(await ws.close(), 1000)

    async def test_an_ingress(self):
        server = await WsServer().start()
        self.addCleanup(server.stop)
        path = os.path.join(scratch_directory(), 'ingress.yaml')
        with open(path, 'w') as f:
            f.write(read('ingress.yaml').replace('8888', str(server.port)))
        await asyncio.to_thread(self.start, '--ingress', path, '--listen-port', '0')
        port = await asyncio.to_thread(wait_for, 'the listener', self._ingress_port)
        client = await Http1Client.open(port)
        for host, status in ((b'ws.contoso.com', 200), (b'other.test', 404)):
            r = await client.ask(b'GET / HTTP/1.1\r\nHost: %s\r\n\r\n' % host)
            self.assertEqual(r.status, status)
        r = await client.ask(b'GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
                             b'Origin: http://localhost\r\nHost: ws.contoso.com\r\n'
                             b'Sec-Websocket-Version: 13\r\nSec-WebSocket-Key: 123\r\n\r\n')
        self.assertEqual(r.status, 101)
        client.close()

    def _ingress_port(self):
        try:
            return self.sluice.port('ingress')
        except AssertionError:
            return None


if __name__ == '__main__':
    unittest.main()
