"""Ten thousand keep-alive connections at once, each used twice."""
import asyncio
import os
import unittest

from wirelib.bootstrap import one_route_to
from wirelib.origins import Nginx
from wirelib.processes import raise_descriptor_limit, wait_for
from wirelib.sluice import Sluice, sanitized

CONNECTIONS = 10000
AT_ONCE = 200  # requests in flight
BYTES_EACH_MAX = 4096 if not sanitized() else 65536
REQUEST = b'GET / HTTP/1.1\r\nHost: wire.test\r\n\r\n'


class Client(asyncio.Protocol):
    """One connection; `ask` resolves to the body of the next response."""

    def __init__(self):
        self.transport, self.waiting, self.data, self.lost = None, None, b'', False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.data += data
        head, end, body = self.data.partition(b'\r\n\r\n')
        if end and len(body) >= 5 and self.waiting:
            self.waiting.set_result((head[:12], body))
            self.data, self.waiting = b'', None

    def connection_lost(self, error):
        self.lost = True
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(ConnectionError('closed: %s' % error))

    async def ask(self):
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(REQUEST)
        return await asyncio.wait_for(self.waiting, 30)


async def open_and_ask(port, index, gate):
    async with gate:
        loop = asyncio.get_running_loop()
        source = ('127.0.0.%d' % (2 + index % 8), 0)
        _, client = await loop.create_connection(Client, '127.0.0.1', port, local_addr=source)
        return client, await client.ask()


async def ask_again(client, gate):
    async with gate:
        return await client.ask()


class ManyConnections(unittest.TestCase):
    def setUp(self):
        limit = raise_descriptor_limit()
        self.assertGreater(limit, CONNECTIONS + 500, 'the descriptor limit of this machine')
        self.nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 200 "hello"; } }')
        self.sluice = Sluice(one_route_to(self.nginx.port), concurrency=2)
        self.addCleanup(self.nginx.stop)
        self.addCleanup(self.sluice.stop)

    def test_all_answer_twice_and_hold_little_memory(self):
        asyncio.run(self.scenario())

    async def scenario(self):
        port = self.sluice.port()
        gate = asyncio.Semaphore(AT_ONCE)
        first = await asyncio.gather(*[open_and_ask(port, i, gate) for i in range(AT_ONCE)])
        base = self.sluice.rss()
        first += await asyncio.gather(
            *[open_and_ask(port, i, gate) for i in range(AT_ONCE, CONNECTIONS)])
        for _, answer in first:
            self.assertEqual(answer, (b'HTTP/1.1 200', b'hello'))
        self.assertEqual(self.sluice.stat('http.web.downstream_cx_active'), CONNECTIONS)
        grown = self.sluice.rss() - base
        self.assertLess(grown / (CONNECTIONS - AT_ONCE), BYTES_EACH_MAX)

        clients = [c for c, _ in first]
        second = await asyncio.gather(*[ask_again(c, gate) for c in clients])
        self.assertEqual(set(second), {(b'HTTP/1.1 200', b'hello')})
        self.assertFalse(any(c.lost for c in clients))
        self.assertEqual(self.sluice.stat('http.web.downstream_cx_total'), CONNECTIONS)
        for c in clients:
            c.transport.abort()
        # 10,000 closings take a while to be noticed; a leak would never end
        await asyncio.get_running_loop().run_in_executor(None, wait_for, 'end of all connections',
                                                         self.no_connection_left, 20, 0.1)
        descriptors = len(os.listdir('/proc/%d/fd' % self.sluice.pid))
        self.assertLess(descriptors, AT_ONCE + 200)

    def no_connection_left(self):
        return self.sluice.stat('http.web.downstream_cx_active') == 0


if __name__ == '__main__':
    unittest.main()
