"""WebSocket (RFC 6455) as a client and as a server, over HTTP/1.1 and HTTP/2, for asyncio."""
import asyncio
import base64
import collections
import hashlib
import socket
import struct

from . import h2, http2_peer
from .raw import Response

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = 'dGhlIHNhbXBsZSBub25jZQ=='  # the RFC's own
Frame = collections.namedtuple('Frame', 'opcode payload fin')


def accept_of(key):
    digest = hashlib.sha1(key.encode() + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest()
    return base64.b64encode(digest).decode()


def masked(payload, key):
    """There and back."""
    n = len(payload)
    keys = (key * (n // 4 + 1))[:n]
    return (int.from_bytes(payload, 'big') ^ int.from_bytes(keys, 'big')).to_bytes(n, 'big')


def frame(opcode, payload=b'', mask=None, fin=True):
    n, bit = len(payload), 128 if mask else 0
    size = bytes([bit | n]) if n < 126 else bytes([bit | 126]) + struct.pack('>H', n) \
        if n < 65536 else bytes([bit | 127]) + struct.pack('>Q', n)
    return bytes([(128 if fin else 0) | opcode]) + size + (
        mask + masked(payload, mask) if mask else payload)


def close_code(f):
    return struct.unpack('>H', f.payload[:2])[0] if len(f.payload) >= 2 else 1005


class Http1Tunnel:
    """A connection after its 101. The same calls as http2_peer.Stream."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def read(self):
        return await self.reader.read(65536)

    async def write(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def finish(self):
        if self.writer.can_write_eof():
            self.writer.write_eof()
        else:
            self.writer.close()  # TLS has no half


class WebSocket:
    """One end. `mask`: a client's four bytes; a server has none."""

    def __init__(self, tunnel, mask=None):
        self.tunnel, self._mask, self._pending = tunnel, mask, bytearray()

    async def say(self, opcode, payload=b'', fin=True):
        await self.tunnel.write(frame(opcode, payload, self._mask, fin))

    async def hear(self):
        """The next frame; None: the other end has ended."""
        while True:
            f = self._take()
            if f:
                return f
            data = await self.tunnel.read()
            if not data:
                if self._pending:
                    raise AssertionError('ends in a frame: %r' % bytes(self._pending[:20]))
                return None
            self._pending += data

    def _take(self):
        p = self._pending
        if len(p) < 2:
            return None
        short, bit = p[1] & 127, p[1] & 128
        extra = 8 if short == 127 else 2 if short == 126 else 0
        start = 2 + extra + (4 if bit else 0)
        if len(p) < start:
            return None
        size = int.from_bytes(p[2:2 + extra], 'big') if extra else short
        if len(p) < start + size:
            return None
        if bool(bit) == bool(self._mask):
            raise AssertionError('masked by the wrong end')
        payload = bytes(p[start:start + size])
        if bit:
            payload = masked(payload, bytes(p[start - 4:start]))
        f = Frame(p[0] & 15, payload, bool(p[0] & 128))
        del p[:start + size]
        return f

    async def close(self, code=1000):
        """Says it and reads up to the answer; the code of that."""
        await self.say(CLOSE, struct.pack('>H', code))
        while True:
            f = await self.hear()
            if f is None or f.opcode == CLOSE:
                self.tunnel.finish()
                return close_code(f) if f else 1006


async def connect(port, context=None, source='127.0.0.1'):
    reader, writer = await asyncio.open_connection(
        '127.0.0.1', port, limit=1 << 20, local_addr=(source, 0), ssl=context,
        server_hostname='wire.test' if context else None)
    writer.get_extra_info('socket').setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return reader, writer


# ---- Clients.

MASK = b'\x12\x34\x56\x78'


def request(path='/', more=()):
    lines = ['GET %s HTTP/1.1' % path, 'Host: wire.test', 'Upgrade: websocket',
             'Connection: Upgrade', 'Sec-WebSocket-Key: ' + KEY, 'Sec-WebSocket-Version: 13', *more]
    return '\r\n'.join(lines + ['', '']).encode()


class Http1Client:
    """One connection, which asks for a WebSocket or for anything else, until it is one."""

    @classmethod
    async def open(cls, port, context=None, source='127.0.0.1'):
        self = cls()
        self.reader, self.writer = await connect(port, context, source)
        return self

    async def ask(self, data):
        """Sends bytes; the response to them, with its body if it has a length."""
        self.writer.write(data)
        lines = (await self.reader.readuntil(b'\r\n\r\n')).decode('latin-1').split('\r\n')
        headers = [(n.lower(), v.strip()) for n, _, v in (s.partition(':') for s in lines[1:-2])]
        r = Response(int(lines[0].split(' ')[1]), lines[0], headers, b'')
        if r.header('content-length') is not None:
            r.body = await self.reader.readexactly(int(r.header('content-length')))
        return r

    async def websocket(self, path='/', more=(), behind=b''):
        """`behind`: bytes in one piece with the request."""
        r = await self.ask(request(path, more) + behind)
        if r.status != 101:
            raise AssertionError('%d %s %r' % (r.status, r.reason, r.body))
        if r.header('sec-websocket-accept') != accept_of(KEY):
            raise AssertionError('accept: %s' % r.header('sec-websocket-accept'))
        return WebSocket(Http1Tunnel(self.reader, self.writer), MASK)

    def close(self):
        self.writer.close()


class Http2Client:
    """One connection, with any number of WebSockets on it."""

    @classmethod
    async def open(cls, port, context=None, source='127.0.0.1'):
        self = cls()
        self.connection = http2_peer.Connection(*await connect(port, context, source))
        self.settings = await asyncio.wait_for(self.connection.settings, 20)
        return self

    async def start(self, path='/', more=()):
        """The stream of an extended CONNECT."""
        return await self.connection.open(
            [(':method', 'CONNECT'), (':protocol', 'websocket'), (':scheme', 'http'),
             (':path', path), (':authority', 'wire.test'), ('sec-websocket-version', '13'), *more])

    async def websocket(self, path='/', more=(), behind=b''):
        if not self.settings.get(http2_peer.ENABLE_CONNECT_PROTOCOL):
            raise AssertionError('no extended CONNECT: %s' % self.settings)
        stream = await self.start(path, more)
        if behind:
            await stream.write(behind)
        status = h2.status_of(await asyncio.wait_for(stream.head, 20))
        if status != 200:
            raise AssertionError('status %d' % status)
        return WebSocket(stream, MASK)

    def close(self):
        self.connection.close()


# ---- A server.

async def echo(ws):
    """Says every frame back as it came, until a close or the end."""
    while True:
        f = await ws.hear()
        if f is None:
            break
        await ws.say(PONG if f.opcode == PING else f.opcode, f.payload, f.fin)
        if f.opcode == CLOSE:
            break
    ws.tunnel.finish()


class WsServer:
    """On a port of its own; `talk(ws)` is what it does with each WebSocket. A request for /refused
    is answered 403, and anything that is not an upgrade 200."""

    def __init__(self, talk=echo, http2=False, greeting=b''):
        self._talk, self._http2, self._greeting = talk, http2, greeting
        self.heads = []  # of requests: the bytes of each
        self.connections = 0

    async def start(self, context=None):
        serve = self._serve_http2 if self._http2 else self._serve_http1
        self._server = await asyncio.start_server(serve, '127.0.0.1', 0, limit=1 << 20, ssl=context,
                                                  backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self):
        self._server.close()

    async def _serve_http1(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b'\r\n\r\n')
                self.heads.append(head)
                fields = {n.lower(): v.strip() for n, _, v in (
                    s.partition(':') for s in head.decode('latin-1').split('\r\n')[1:-2])}
                body = self._refusal(head)
                if body is None and fields.get('upgrade', '').lower() == 'websocket':
                    writer.write(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
                                  'Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n' %
                                  accept_of(fields.get('sec-websocket-key', ''))).encode() +
                                 self._greeting)
                    await self._talk(WebSocket(Http1Tunnel(reader, writer)))
                    return
                status = b'200 OK' if body is None else b'403 Forbidden'
                body = body or b'hello'
                writer.write(b'HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s' % (
                    status, len(body), body))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    @staticmethod
    def _refusal(head):
        return b'not you' if b' /refused' in head else None

    async def _serve_http2(self, reader, writer):
        self.connections += 1
        connection = http2_peer.Connection(reader, writer, self._on_stream)
        self.last = connection

    async def _on_stream(self, stream, block):
        self.heads.append(block)
        if not http2_peer.asks_for_websocket(block):
            stream.connection.answer(stream, 200, [('content-length', '5')])
            await stream.write(b'hello')
            return stream.finish()
        stream.connection.answer(stream, 200)
        try:
            if self._greeting:
                await stream.write(self._greeting)
            await self._talk(WebSocket(stream))
        except OSError:
            pass
