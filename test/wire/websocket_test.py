"""WebSocket through Sluice, whose configurations here do not mention it: over every pair of hops,
with the npm package "ws", curl, and ends of this directory's own."""
import asyncio
import json
import os
import random
import re
import ssl
import struct
import subprocess
import unittest

from wirelib import h2
from wirelib.bootstrap import bootstrap, cluster, listener, one_route_to, route
from wirelib.certificates import Authority
from wirelib.h2_peers import HAProxy, Nghttpx
from wirelib.processes import Child, tool, wait_for
from wirelib.sluice import Sluice
from wirelib.tls import HTTP2_UPSTREAM, certificate, client_context, downstream, upstream, validation
from wirelib.websocket import (BINARY, CLOSE, CONTINUATION, MASK, PING, PONG, TEXT, Http1Client,
                               Http2Client, WsServer, accept_of, close_code, frame, request)

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'wirelib', 'ws_peer.js')
CLIENTS = {1: Http1Client, 2: Http2Client}
MESSAGES = 3000
IN_TIME = 60  # seconds for anything that is not expected to take any


def ws_package():
    path = os.environ.get('WS_PACKAGE')
    if not path:
        raise RuntimeError('WS_PACKAGE does not name the package.json of the npm package "ws"')
    return os.path.dirname(os.path.abspath(path))


class NodeServer(Child):
    def __init__(self):
        super().__init__([tool('node'), PEER, 'serve'], env={'WS_PACKAGE': ws_package()})
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on (\d+)', text).group(1))


def node_talks(url, **options):
    r = subprocess.run([tool('node'), PEER, 'talk', url, json.dumps(options)], capture_output=True,
                       text=True, timeout=IN_TIME, env={**os.environ, 'WS_PACKAGE': ws_package()})
    if r.returncode:
        raise AssertionError(r.stderr)
    return json.loads(r.stdout)


class Case(unittest.IsolatedAsyncioTestCase):
    def sluice(self, config):
        sluice = Sluice(config)
        self.addCleanup(sluice.stop)
        return sluice

    async def asyncSetUp(self):
        loop = asyncio.get_running_loop()
        loop.set_debug(False)  # several times slower
        loop.set_exception_handler(self.on_exception)

    @staticmethod
    def on_exception(loop, context):
        if not isinstance(context.get('exception'), asyncio.CancelledError):
            loop.default_exception_handler(context)

    async def asyncTearDown(self):
        # what is still open here would keep its tasks
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def origin(self, hop=1, **kw):
        context = kw.pop('context', None)
        server = await WsServer(http2=hop == 2, **kw).start(context)
        self.addCleanup(server.stop)
        return server

    async def through(self, client=1, server=1, **kw):
        """An origin, Sluice in front of it, and a client's connection."""
        self.server = await self.origin(server, **kw)
        self.proxy = self.sluice(one_route_to(
            self.server.port, cluster_more=HTTP2_UPSTREAM if server == 2 else ''))
        self.client = await CLIENTS[client].open(self.proxy.port())
        self.addCleanup(self.client.close)

    async def soon(self, what):
        return await asyncio.wait_for(what, IN_TIME)


class HopPairs(Case):
    """Everything is sent as fast as it is taken, and read at the same time."""

    @staticmethod
    def messages():
        chance = random.Random(6455)
        sizes = [8] * 12 + [125, 126, 300, 4096] * 3 + [65535, 65536, 200000]
        for i in range(MESSAGES):
            yield struct.pack('>Q', i) + chance.randbytes(chance.choice(sizes) - 8)

    async def echo_run(self, client):
        ws = await self.soon(client.websocket('/run'))

        async def send():
            for message in self.messages():
                await ws.say(BINARY, message)

        async def receive():
            for n, message in enumerate(self.messages()):
                f = await ws.hear()
                self.assertIsNotNone(f, n)
                self.assertTrue(f.payload == message, 'message %d is %d bytes: %r' % (
                    n, len(f.payload), f.payload[:8]))

        await self.soon(asyncio.gather(send(), receive()))
        self.assertEqual(await self.soon(ws.close(1000)), 1000)
        self.assertIsNone(await self.soon(ws.hear()))

    async def one(self, client, server):
        await self.through(client, server)
        await self.echo_run(self.client)
        self.assertEqual(self.proxy.stat('http.web.downstream_cx_upgrades_total'), 1)
        wait_for('end of the tunnel', lambda: self.proxy.stat(
            'http.web.downstream_cx_upgrades_active') == 0)

    async def test_http1_to_http1(self):
        await self.one(1, 1)

    async def test_http1_to_http2(self):
        await self.one(1, 2)

    async def test_http2_to_http1(self):
        await self.one(2, 1)

    async def test_http2_to_http2(self):
        await self.one(2, 2)

    async def test_over_tls_on_both_sides(self):
        authority = Authority()
        identity = authority.issue('wire.test')
        for hop, alpn in ((1, 'http/1.1'), (2, 'h2')):
            context = client_context(authority, alpn=[alpn])
            server = await self.origin(hop, context=self.server_context(identity, alpn))
            options = HTTP2_UPSTREAM if hop == 2 else ''
            proxy = self.sluice(bootstrap(
                listener('web', [route('/', 'origin')], chain=downstream(certificate(identity))),
                cluster('origin', [server.port], more=options + upstream(
                    validation(authority), more='sni: "wire.test"'))))
            client = await CLIENTS[hop].open(proxy.port(), context)
            await self.echo_run(client)
            client.close()

    @staticmethod
    def server_context(identity, alpn):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)
        context.set_alpn_protocols([alpn])
        return context

    async def test_many_tunnels_share_an_http2_connection_and_nothing_else(self):
        await self.through(2, 2)

        async def one(number):
            ws = await self.client.websocket('/%d' % number)
            for i in range(50):
                text = b'%d of %d' % (i, number)
                await ws.say(TEXT, text)
                self.assertEqual((await ws.hear()).payload, text)
            self.assertEqual(await ws.close(1000 + number), 1000 + number)

        await self.soon(asyncio.gather(*[one(n) for n in range(40)]))
        self.assertEqual(self.server.connections, 1)
        self.assertEqual(await self.soon(self.get()), b'hello')

    async def get(self):
        stream = await self.client.connection.open(
            [(':method', 'GET'), (':scheme', 'http'), (':path', '/'), (':authority', 'a')], end=True)
        return await stream.read()


class Edges(Case):
    """What happens around the handshake and the end, from each kind of client."""

    async def test_what_comes_with_the_handshake_is_not_lost(self):
        for client in (1, 2):
            for server in (1, 2):
                await self.through(client, server, greeting=frame(TEXT, b'welcome'))
                ws = await self.soon(self.client.websocket(behind=frame(TEXT, b'early', MASK)))
                heard = [(await self.soon(ws.hear())).payload for _ in range(2)]
                self.assertEqual(heard, [b'welcome', b'early'])

    async def test_an_http1_connection_that_is_refused_goes_on(self):
        await self.through()
        for _ in range(2):
            r = await self.soon(self.client.ask(request('/refused')))
            self.assertEqual((r.status, r.body), (403, b'not you'))
            r = await self.soon(self.client.ask(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
            self.assertEqual((r.status, r.body), (200, b'hello'))
        ws = await self.soon(self.client.websocket())
        await ws.say(TEXT, b'now')
        self.assertEqual((await self.soon(ws.hear())).payload, b'now')

    async def test_an_http2_stream_that_is_refused_has_the_answer(self):
        await self.through(2, 1)
        stream = await self.client.start('/refused')
        self.assertEqual(h2.status_of(await self.soon(stream.head)), 403)
        self.assertEqual(await self.soon(stream.read()), b'not you')
        ws = await self.soon(self.client.websocket())
        await ws.say(TEXT, b'now')
        self.assertEqual((await self.soon(ws.hear())).payload, b'now')

    async def test_each_direction_ends_by_itself(self):
        async def until_the_end(ws):
            heard = []
            while True:
                f = await ws.hear()
                if f is None:
                    break
                heard.append(f.payload)
            for payload in heard:
                await ws.say(TEXT, payload)
            ws.tunnel.finish()

        for client in (1, 2):
            for server in (1, 2):
                await self.through(client, server, talk=until_the_end)
                ws = await self.soon(self.client.websocket())
                for n in range(3):
                    await ws.say(TEXT, b'%d' % n)
                ws.tunnel.finish()
                heard = [(await self.soon(ws.hear())).payload for _ in range(3)]
                self.assertEqual(heard, [b'0', b'1', b'2'])
                self.assertIsNone(await self.soon(ws.hear()))

    async def test_the_server_may_end_first(self):
        async def say_and_end(ws):
            await ws.say(TEXT, b'only this')
            ws.tunnel.finish()
            self.heard = await ws.hear()

        for client in (1, 2):
            await self.through(client, 1, talk=say_and_end)
            ws = await self.soon(self.client.websocket())
            self.assertEqual((await self.soon(ws.hear())).payload, b'only this')
            self.assertIsNone(await self.soon(ws.hear()))
            await ws.say(TEXT, b'thanks')
            ws.tunnel.finish()
            await self.soon(self.until(lambda: getattr(self, 'heard', None)))
            self.assertEqual(self.heard.payload, b'thanks')
            del self.heard

    @staticmethod
    async def until(condition):
        while not condition():
            await asyncio.sleep(0.05)

    async def test_fragments_and_controls_pass_as_they_are(self):
        await self.through()
        ws = await self.soon(self.client.websocket())
        said = [(TEXT, b'one', False), (PING, b'between', True), (CONTINUATION, b'', False),
                (CONTINUATION, b' two', True), (CLOSE, struct.pack('>H', 4321) + b'why', True)]
        for opcode, payload, fin in said:
            await ws.say(opcode, payload, fin)
        heard = [await self.soon(ws.hear()) for _ in said]
        self.assertEqual([(f.opcode, f.payload, f.fin) for f in heard],
                         [(PONG if o == PING else o, p, fin) for o, p, fin in said])
        self.assertEqual(close_code(heard[-1]), 4321)

    async def test_a_reader_that_stops_is_waited_for_in_bounded_memory(self):
        async def flood(ws):
            for n in range(400):
                await ws.say(BINARY, struct.pack('>I', n) + bytes(65532))
            ws.tunnel.finish()

        for client in (1, 2):
            self.came = -1
            await self.through(client, 1, talk=flood)
            ws = await self.soon(self.client.websocket())
            before = self.proxy.peak_rss()
            await self.soon(self.until(self.stands_still))
            for n in range(400):
                f = await self.soon(ws.hear())
                self.assertEqual(f.payload[:4], struct.pack('>I', n))
            self.assertIsNone(await self.soon(ws.hear()))
            self.assertLess(self.proxy.peak_rss() - before, 8 << 20)


    def stands_still(self):
        """Whether all buffers are full."""
        before, self.came = self.came, self.proxy.stat('cluster.origin.upstream_cx_rx_bytes_total')
        return self.came == before


class Articles(Case):
    """The command line of the articles about WebSocket behind a gateway, as it stands there."""
    COMMAND = ['-i', '-N', '-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket',
               '-H', 'Origin: http://localhost', '-H', 'Host: ws.contoso.com',
               '-H', 'Sec-Websocket-Version: 13', '-H', 'Sec-WebSocket-Key: 123']

    async def test_bytes_are_seen_as_they_come(self):
        steps = [asyncio.Event() for _ in range(4)]
        steps[0].set()  # curl keeps a head back until something follows it

        async def in_steps(ws):
            for n, step in enumerate(steps):
                await step.wait()
                await ws.say(TEXT, b'line %d' % n)
            ws.tunnel.finish()

        server = await self.origin(talk=in_steps)
        proxy = self.sluice(one_route_to(server.port))
        curl = await asyncio.create_subprocess_exec(
            tool('curl'), '-sS', '--max-time', '30', *self.COMMAND, proxy.url('/ws'),
            stdout=subprocess.PIPE)
        head = await self.soon(curl.stdout.readuntil(b'\r\n\r\n'))
        self.assertTrue(head.startswith(b'HTTP/1.1 101 '), head)
        # that of a key which is none: the server's business alone
        self.assertIn(accept_of('123').encode(), head)
        for n, step in enumerate(steps):
            step.set()
            self.assertEqual(await self.soon(curl.stdout.readexactly(8)),
                             frame(TEXT, b'line %d' % n))
        self.assertEqual(await self.soon(curl.wait()), 0)
        lines = server.heads[0].decode().lower().split('\r\n')
        self.assertEqual(lines[0], 'get /ws http/1.1')
        for field in ('host: ws.contoso.com', 'connection: upgrade', 'upgrade: websocket',
                      'origin: http://localhost', 'sec-websocket-version: 13',
                      'sec-websocket-key: 123'):
            self.assertIn(field, lines)

    async def test_the_server_may_refuse_that_key(self):
        node = NodeServer()
        self.addCleanup(node.stop)
        proxy = self.sluice(one_route_to(node.port))
        r = subprocess.run([tool('curl'), '-sS', '--max-time', '30', *self.COMMAND,
                            proxy.url('/ws')], capture_output=True, text=True, timeout=40)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertTrue(r.stdout.startswith('HTTP/1.1 400 '), r.stdout)
        self.assertIn('Missing or invalid Sec-WebSocket-Key header', r.stdout)


class NpmPackage(Case):
    """The package "ws" at both ends."""

    def setUp(self):
        self.node = NodeServer()
        self.addCleanup(self.node.stop)

    def check(self, url, **options):
        r = node_talks(url, messages=64, **options)
        self.assertEqual((r['echoed'], r['wrong'], r['pongs']), (64, 0, 1), r)
        return r

    def test_messages_fragments_pings_and_both_closes(self):
        url = self.sluice(one_route_to(self.node.port)).url('/x').replace('http', 'ws')
        r = self.check(url, protocols=['chat', 'superchat'])
        self.assertEqual((r['protocol'], r['extensions']), ('chat', ''))
        self.assertEqual((r['texts'], r['code'], r['reason']), (['bye'], 1000, 'bye'))
        r = self.check(url, wants='close 4001 enough')
        self.assertEqual((r['code'], r['reason']), (4001, 'enough'))
        self.assertEqual(self.check(url, wants='ping me')['texts'], ['pong are you there'])
        self.assertEqual(self.check(url, wants='end')['code'], 1006)

    def test_compressed_messages(self):
        url = self.sluice(one_route_to(self.node.port)).url().replace('http', 'ws')
        self.assertEqual(self.check(url, deflate=True)['extensions'], 'permessage-deflate')

    def test_over_http2_to_nghttpx(self):
        nghttpx = Nghttpx(self.node.port)
        self.addCleanup(nghttpx.stop)
        proxy = self.sluice(one_route_to(nghttpx.port, cluster_more=HTTP2_UPSTREAM))
        r = self.check('ws://127.0.0.1:%d/' % proxy.port(), protocols=['chat'])
        self.assertEqual((r['protocol'], r['code']), ('chat', 1000))
        self.assertEqual(proxy.stat('cluster.origin.upstream_cx_http2_total'), 1)

    def test_over_http2_from_haproxy(self):
        proxy = self.sluice(one_route_to(self.node.port))
        haproxy = HAProxy(proxy.port())
        self.addCleanup(haproxy.stop)
        r = self.check('ws://127.0.0.1:%d/' % haproxy.port, protocols=['chat'])
        self.assertEqual((r['protocol'], r['code']), ('chat', 1000))
        self.assertEqual(proxy.stat('http.web.downstream_cx_http2_total'), 1)

    def test_over_tls(self):
        identity = Authority().issue('wire.test')
        proxy = self.sluice(bootstrap(
            listener('web', [route('/', 'origin')], chain=downstream(certificate(identity))),
            cluster('origin', [self.node.port])))
        self.assertEqual(self.check('wss://127.0.0.1:%d/' % proxy.port())['code'], 1000)


if __name__ == '__main__':
    unittest.main()
