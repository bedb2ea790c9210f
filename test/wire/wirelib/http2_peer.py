"""One end of an HTTP/2 connection for asyncio (RFC 9113), with what WebSocket needs of it: streams
that are read and written at the same time, windows kept both ways, extended CONNECT (RFC 8441).

Of header compression it knows what h2.py knows: literals out, no dynamic table in.
"""
import asyncio
import struct

from . import h2

ENABLE_CONNECT_PROTOCOL = 8
FRAME_BYTES = 16384
WINDOW = 1 << 20  # of each of our streams

# RFC 7541 appendix B, as far as the word below needs it.
HUFFMAN = {'b': '100011', 'c': '00100', 'e': '00101', 'k': '1110101', 'o': '00111', 's': '01000',
           't': '01001', 'w': '1111000'}


def huffman(word):
    bits = ''.join(HUFFMAN[c] for c in word)
    bits += '1' * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def asks_for_websocket(block):
    """Whether this header block has a value "websocket", as :protocol does."""
    return b'websocket' in block or huffman('websocket') in block


class Stream:
    def __init__(self, connection, number, window):
        self.connection, self.number = connection, number
        self.head = asyncio.get_running_loop().create_future()  # the first header block
        self.reset = None
        self._window = window  # what the other end still takes
        self._room = asyncio.Event()
        self._incoming = asyncio.Queue()
        self._finished = self._over = False

    async def read(self):
        """What has come; nothing: the stream has ended."""
        if self._over:
            return b''
        data = await self._incoming.get()
        self._over = not data
        if data:
            size = struct.pack('>I', len(data))
            self.connection.send(h2.frame(h2.WINDOW_UPDATE, 0, 0, size) +
                                 h2.frame(h2.WINDOW_UPDATE, 0, self.number, size))
        return data

    async def write(self, data):
        at = 0
        while at < len(data):
            room = min(self._window, self.connection.window, FRAME_BYTES, len(data) - at)
            if self.reset is not None or self.connection.closed:
                raise ConnectionResetError('stream %d: %s' % (self.number, self.reset))
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            self._window -= room
            self.connection.window -= room
            self.connection.send(h2.frame(h2.DATA, 0, self.number, data[at:at + room]))
            at += room
        await self.connection.writer.drain()

    def finish(self):
        """Ends this direction."""
        if not self._finished and self.reset is None:
            self._finished = True
            self.connection.send(h2.frame(h2.DATA, h2.END_STREAM, self.number))

    async def wait_closed(self):
        """Reads to the end; a reset is one."""
        while await self.read():
            pass

    # What the connection tells.
    def on_data(self, data, ends):
        if data:
            self._incoming.put_nowait(data)
        if ends:
            self._incoming.put_nowait(b'')

    def on_room(self, more=0):
        self._window += more
        self._room.set()

    def on_reset(self, code):
        self.reset = code
        self._incoming.put_nowait(b'')
        self._room.set()
        if not self.head.done():
            self.head.set_exception(ConnectionResetError('reset with code %d' % code))
            self.head.exception()  # whether or not anybody waits for it


class Connection:
    """`on_stream(stream, header block)` makes it a server's end."""

    def __init__(self, reader, writer, on_stream=None):
        self.reader, self.writer, self._on_stream = reader, writer, on_stream
        self.streams = {}
        self.window, self.closed = 65535, False
        self.settings = asyncio.get_running_loop().create_future()  # the other end's
        self._initial_window = 65535
        self._next = 1
        settings = h2.setting(h2.HEADER_TABLE_SIZE, 0) + h2.setting(h2.INITIAL_WINDOW_SIZE, WINDOW)
        if on_stream:
            settings += h2.setting(ENABLE_CONNECT_PROTOCOL, 1)
        self.send((b'' if on_stream else h2.PREFACE) + h2.frame(h2.SETTINGS, 0, 0, settings) +
                  h2.frame(h2.WINDOW_UPDATE, 0, 0, struct.pack('>I', 1 << 28)))
        self._task = asyncio.ensure_future(self._run())

    def send(self, data):
        if not self.closed:
            self.writer.write(data)

    def close(self):
        self._task.cancel()
        self._end()
        self.writer.close()

    async def open(self, fields, end=False):
        """A new stream with this head: pairs of names and values."""
        stream = self._stream(self._next)
        self._next += 2
        flags = h2.END_HEADERS | (h2.END_STREAM if end else 0)
        self.send(h2.frame(h2.HEADERS, flags, stream.number,
                           b''.join(h2.field(n, v) for n, v in fields)))
        await self.writer.drain()
        return stream

    def answer(self, stream, status, more=(), end=False):
        block = b'\x08\x03%d' % status + b''.join(h2.field(n, v) for n, v in more)
        self.send(h2.frame(h2.HEADERS, h2.END_HEADERS | (h2.END_STREAM if end else 0),
                           stream.number, block))

    def _stream(self, number):
        if number not in self.streams:
            self.streams[number] = Stream(self, number, self._initial_window)
        return self.streams[number]

    async def _run(self):
        try:
            if self._on_stream:
                await self.reader.readexactly(len(h2.PREFACE))
            while True:
                prefix = await self.reader.readexactly(9)
                kind, flags, number = struct.unpack('>BBI', prefix[3:])
                payload = await self.reader.readexactly(int.from_bytes(prefix[:3], 'big'))
                self._act(kind, flags, number & 0x7fffffff, payload)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._end()
            self.writer.close()

    def _end(self):
        self.closed = True
        for stream in self.streams.values():
            stream.on_data(b'', True)
            stream.on_room()

    def _act(self, kind, flags, number, payload):
        if kind == h2.SETTINGS and not flags & h2.ACK:
            self._on_settings({n: v for n, v in struct.iter_unpack('>HI', payload)})
        elif kind == h2.PING and not flags & h2.ACK:
            self.send(h2.frame(h2.PING, h2.ACK, 0, payload))
        elif kind == h2.WINDOW_UPDATE:
            more = struct.unpack('>I', payload)[0]
            if number:
                self._stream(number).on_room(more)
            else:
                self.window += more
                for stream in self.streams.values():
                    stream.on_room()
        elif kind == h2.HEADERS:
            stream = self._stream(number)
            if not stream.head.done():
                stream.head.set_result(payload)
                if self._on_stream:
                    asyncio.ensure_future(self._on_stream(stream, payload))
            stream.on_data(b'', flags & h2.END_STREAM)
        elif kind == h2.DATA:
            self._stream(number).on_data(payload, flags & h2.END_STREAM)
        elif kind == h2.RST_STREAM:
            self._stream(number).on_reset(struct.unpack('>I', payload)[0])

    def _on_settings(self, settings):
        if h2.INITIAL_WINDOW_SIZE in settings:
            change = settings[h2.INITIAL_WINDOW_SIZE] - self._initial_window
            self._initial_window += change
            for stream in self.streams.values():
                stream.on_room(change)
        self.send(h2.frame(h2.SETTINGS, h2.ACK))
        if not self.settings.done():
            self.settings.set_result(settings)
