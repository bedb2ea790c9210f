"""Many WebSocket tunnels with traffic on two workers: nothing is lost, and memory stands still.

A few hundred for a few seconds, unless the environment says otherwise; by hand

    WS_TUNNELS=10000 WS_SECONDS=60 bazel test //test/wire:websocket_tunnels_test \\
        --test_env=WS_TUNNELS --test_env=WS_SECONDS --test_output=all --nocache_test_results
"""
import asyncio
import os
import re
import struct
import time
import unittest

from wirelib.bootstrap import one_route_to
from wirelib.processes import Child, raise_descriptor_limit, tool, wait_for
from wirelib.sluice import Sluice, sanitized
from wirelib.websocket import BINARY, MASK, frame, request

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'wirelib', 'ws_peer.js')
TUNNELS = int(os.environ.get('WS_TUNNELS', 500))
SECONDS = float(os.environ.get('WS_SECONDS', 4))
OPENING = 100  # at once
GROWTH_MAX = 1 << 20 if not sanitized() else 64 << 20  # bytes, once it has begun
# While they talk, the blocks that are under way included: 11,500 were measured.
BYTES_EACH_MAX = 15360 if not sanitized() else 65536


class Tunnel(asyncio.Protocol):
    """Says a number and waits for it, again and again."""

    def __init__(self, index):
        self.index, self.sent, self.heard = index, 0, 0
        self.open = asyncio.get_running_loop().create_future()
        self.trouble = None
        self.stopping = False
        self._expected, self._data = b'', b''

    def connection_made(self, transport):
        self.transport = transport
        transport.write(request('/%d' % self.index))

    def data_received(self, data):
        self._data += data
        if not self.open.done():
            head, end, self._data = self._data.partition(b'\r\n\r\n')
            if not end:
                self._data = head
                return
            if not head.startswith(b'HTTP/1.1 101 '):
                return self.fail(head[:100])
            return self.open.set_result(None)
        if len(self._data) < len(self._expected):
            return
        if self._data != self._expected:
            return self.fail(b'%r instead of %r' % (self._data[:40], self._expected[:40]))
        self.heard, self._data = self.heard + 1, b''
        if not self.stopping:
            self.say()

    def say(self):
        payload = struct.pack('>QQ', self.index, self.sent) + bytes(self.sent * 37 % 200)
        self.sent += 1
        self._expected = frame(BINARY, payload)
        self.transport.write(frame(BINARY, payload, MASK))

    def fail(self, why):
        self.trouble = self.trouble or why
        if not self.open.done():
            self.open.set_exception(AssertionError(why))
            self.open.exception()  # whether or not anybody waits for it
        self.transport.abort()

    def connection_lost(self, error):
        if not self.stopping:
            self.fail('closed: %s' % error)


class ManyTunnels(unittest.TestCase):
    def setUp(self):
        # Two descriptors a tunnel in Sluice.
        self.tunnels = min(TUNNELS, (raise_descriptor_limit() - 200) // 2)
        if self.tunnels < TUNNELS:
            print('the descriptor limit of this machine allows %d tunnels' % self.tunnels)
        self.origin = Child([tool('node'), PEER, 'serve'], env={
            'WS_PACKAGE': os.path.dirname(os.path.abspath(os.environ['WS_PACKAGE']))})
        self.addCleanup(self.origin.stop)
        text = self.origin.wait_for_output('listens on')
        port = int(re.search(r'listens on (\d+)', text).group(1))
        self.sluice = Sluice(one_route_to(port), concurrency=2)
        self.addCleanup(self.sluice.stop)

    async def open(self, index, gate):
        async with gate:
            source = ('127.0.0.%d' % (2 + index % 8), 0)
            _, tunnel = await asyncio.get_running_loop().create_connection(
                lambda: Tunnel(index), '127.0.0.1', self.port, local_addr=source)
            await asyncio.wait_for(tunnel.open, 30)
            return tunnel

    def test_nothing_is_lost_and_memory_stands_still(self):
        self.port = self.sluice.port()
        asyncio.run(self.scenario())

    async def scenario(self):
        gate = asyncio.Semaphore(OPENING)
        some = await asyncio.gather(*[self.open(i, gate) for i in range(OPENING)])
        base = self.sluice.rss()
        tunnels = some + await asyncio.gather(
            *[self.open(i, gate) for i in range(OPENING, self.tunnels)])
        for t in tunnels:
            t.say()
        began = time.monotonic()
        await self.until_each_has_heard_more(tunnels, 3)
        await self.let_them_talk(tunnels, began + SECONDS / 4)  # buffers for all that is under way
        first = self.sluice.rss()
        self.assertEqual(self.sluice.stat('http.web.downstream_cx_upgrades_active'),
                         self.tunnels)
        await self.let_them_talk(tunnels, began + SECONDS)
        last = self.sluice.rss()
        before = [t.heard for t in tunnels]
        await self.until_each_has_heard_more(tunnels, 1)
        print('%d tunnels, %d messages there and back in %.0f s; each between %d and %d; bytes: '
              '%d each, %+d in the end' % (
                  self.tunnels, sum(before), time.monotonic() - began, min(before), max(before),
                  (first - base) / max(1, self.tunnels - OPENING), last - first))
        self.assertLess(first - base, BYTES_EACH_MAX * (self.tunnels - OPENING))
        self.assertLess(last - first, GROWTH_MAX)
        await self.end(tunnels)

    async def let_them_talk(self, tunnels, until):
        while time.monotonic() < until:
            await asyncio.sleep(0.2)
            self.look_for_trouble(tunnels)

    async def until_each_has_heard_more(self, tunnels, messages):
        deadline = time.monotonic() + 30
        wanted = [t.heard + messages for t in tunnels]
        while any(t.heard < n for t, n in zip(tunnels, wanted)):
            self.look_for_trouble(tunnels)
            self.assertLess(time.monotonic(), deadline, 'a tunnel stands still')
            await asyncio.sleep(0.05)

    def look_for_trouble(self, tunnels):
        troubled = [(t.index, t.trouble) for t in tunnels if t.trouble]
        self.assertEqual(troubled[:5], [], '%d tunnels' % len(troubled))

    async def end(self, tunnels):
        for t in tunnels:
            t.stopping = True
            t.transport.abort()
        await asyncio.get_running_loop().run_in_executor(
            None, wait_for, 'end of all tunnels', lambda: self.sluice.stat(
                'http.web.downstream_cx_upgrades_active') == 0, 30, 0.1)
        self.assertEqual(self.sluice.stat('http.web.downstream_cx_upgrades_total'), self.tunnels)
        wait_for('closing of both sides', lambda: len(
            os.listdir('/proc/%d/fd' % self.sluice.pid)) < 200)


if __name__ == '__main__':
    unittest.main()
