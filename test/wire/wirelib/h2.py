"""An HTTP/2 client that sends the very frames a test wants (RFC 9113), and reads on its own terms.

Of header compression it knows what it needs: it sends literals only, and of an answer reads the
status, for it allows the other end no dynamic table.
"""
import collections
import socket
import struct

from .raw import Closed, RawConnection

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM = ACK = 1
END_HEADERS = 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, \
    FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, \
    ENHANCE_YOUR_CALM = range(12)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = \
    range(1, 6)

Frame = collections.namedtuple('Frame', 'type flags stream payload')
STATIC_STATUS = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}


def frame(kind, flags=0, stream=0, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def setting(number, value):
    return struct.pack('>HI', number, value)


def _length(n):
    """An integer with a prefix of seven bits (RFC 7541 section 5.1)."""
    if n < 127:
        return bytes([n])
    out, n = b'\x7f', n - 127
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(name, value):
    """One header as a literal without indexing and without Huffman's code."""
    name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
    return b'\0' + _length(len(name)) + name + _length(len(value)) + value


def head(path='/', method='GET', more=(), authority='wire.test'):
    pseudo = [(':method', method), (':scheme', 'http'), (':authority', authority), (':path', path)]
    return b''.join(field(n, v) for n, v in pseudo + list(more))


def _digits(coded):
    """Decimal digits in Huffman's code (RFC 7541 appendix B): 0-2 have five bits, 3-9 six."""
    bits = ''.join('{:08b}'.format(b) for b in coded)
    text = ''
    while len(text) < 3:
        five = int(bits[:5], 2)
        text += str(five) if five < 3 else str(int(bits[:6], 2) - 0x19 + 3)
        bits = bits[5 if five < 3 else 6:]
    return int(text)


def status_of(block):
    """The status that a response's header block begins with."""
    while block[0] & 0xe0 == 0x20:  # a change of the table's size
        block = block[1:]
    first = block[0]
    if first & 0x80:
        return STATIC_STATUS[first & 0x7f]
    index = first & (0x3f if first & 0x40 else 0x0f)
    if index not in STATIC_STATUS:
        raise AssertionError('no :status first in %r' % block[:20])
    coded = block[2:2 + (block[1] & 0x7f)]
    return _digits(coded) if block[1] & 0x80 else int(coded)


class Answer:
    def __init__(self):
        self.status, self.body, self.ended, self.reset, self.heads = None, b'', False, None, 0


class H2Connection(RawConnection):
    """`context`: for TLS. What belongs to streams is gathered in `answers`; SETTINGS and PING are
    acknowledged."""

    def __init__(self, port, context=None, settings=(), receive_buffer=None, acknowledge=True,
                 **kw):
        super().__init__(port, **kw)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname='wire.test')
        self.acknowledge = acknowledge
        self.answers = collections.defaultdict(Answer)
        self.goaways = []  # (last stream, code, debug data)
        self.pongs = 0
        self.settings = None
        self.next_stream = 1
        self.window_consumed = True  # give back what DATA took of the windows
        settings = dict([(HEADER_TABLE_SIZE, 0), (ENABLE_PUSH, 0)] + list(settings))
        self.send(PREFACE + frame(SETTINGS, 0, 0, b''.join(
            setting(n, v) for n, v in settings.items())))

    def request(self, path='/', method='GET', end=True, more=()):
        stream = self.next_stream
        self.next_stream += 2
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream,
                        head(path, method, more)))
        return stream

    def read_frame(self):
        """The next frame, after it was acted on."""
        prefix = self.exactly(9)
        size = int.from_bytes(prefix[:3], 'big')
        kind, flags, stream = struct.unpack('>BBI', prefix[3:])
        f = Frame(kind, flags, stream & 0x7fffffff, self.exactly(size))
        self._act(f)
        return f

    def _act(self, f):
        if f.type == SETTINGS and not f.flags & ACK:
            self.settings = {n: v for n, v in struct.iter_unpack('>HI', f.payload)}
            if self.acknowledge:
                self.send(frame(SETTINGS, ACK))
        elif f.type == PING:
            if f.flags & ACK:
                self.pongs += 1
            elif self.acknowledge:
                self.send(frame(PING, ACK, 0, f.payload))
        elif f.type == GOAWAY:
            last, code = struct.unpack('>II', f.payload[:8])
            self.goaways.append((last & 0x7fffffff, code, f.payload[8:]))
        elif f.type in (HEADERS, DATA, RST_STREAM):
            self._gather(self.answers[f.stream], f)

    def _gather(self, answer, f):
        if f.type == RST_STREAM:
            answer.reset, answer.ended = struct.unpack('>I', f.payload)[0], True
            return
        if f.type == HEADERS:
            answer.heads += 1
            if answer.status is None or answer.status < 200:
                answer.status = status_of(f.payload)
        else:
            answer.body += f.payload
            if f.payload and self.window_consumed:
                update = struct.pack('>I', len(f.payload))
                self.send(frame(WINDOW_UPDATE, 0, 0, update) +
                          (b'' if f.flags & END_STREAM else
                           frame(WINDOW_UPDATE, 0, f.stream, update)))
        if f.flags & END_STREAM:
            answer.ended = True

    def answer(self, stream):
        """Reads until this stream has ended."""
        while not self.answers[stream].ended:
            self.read_frame()
        return self.answers.pop(stream)

    def get(self, path='/', more=()):
        return self.answer(self.request(path, more=more))

    def ping(self):
        """One round trip: everything sent before it has been looked at."""
        before = self.pongs
        self.send(frame(PING, 0, 0, b'roundtrp'))
        while self.pongs == before:
            self.read_frame()

    def end(self):
        """Reads to the end of the connection; the code of the last GOAWAY, None without one."""
        try:
            while True:
                self.read_frame()
        except (Closed, OSError):
            return self.goaways[-1][1] if self.goaways else None
