"""A client that says on the wire exactly what a test wants, and reads answers on its own terms."""
import socket


class Response:
    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def header(self, name):
        """The one value of a header; None without one."""
        values = [v for k, v in self.headers if k == name]
        if len(values) > 1:
            raise AssertionError('%d of header %s' % (len(values), name))
        return values[0] if values else None

    def closes(self):
        return (self.header('connection') or '').lower() == 'close'


class Closed(Exception):
    """The peer closed (or reset) the connection; `partial` is what had come before."""

    def __init__(self, partial):
        super().__init__('closed after %r' % partial[:200])
        self.partial = partial


class RawConnection:
    def __init__(self, port, timeout=20, source='127.0.0.1'):
        """`port`: or the path of a Unix socket; '@' first: its abstract name."""
        if isinstance(port, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(port.replace('@', '\0', 1))
        else:
            self.socket = socket.create_connection(('127.0.0.1', port), timeout=timeout,
                                                   source_address=(source, 0))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        try:
            data = self.socket.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError):
            data = b''
        if not data:
            raise Closed(bytes(self.pending))
        self.pending += data

    def until(self, mark):
        while mark not in self.pending:
            self._more()
        return self._take(self.pending.index(mark), len(mark))

    def exactly(self, n):
        while len(self.pending) < n:
            self._more()
        return self._take(n)

    def _take(self, n, skip=0):
        data = bytes(self.pending[:n])
        del self.pending[:n + skip]
        return data

    def read_head(self):
        lines = self.until(b'\r\n\r\n').decode('latin-1').split('\r\n')
        version, status, *reason = lines[0].split(' ', 2)
        if not version.startswith('HTTP/1.'):
            raise AssertionError('not a response: %r' % lines[0])
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(':')
            if not colon or name != name.strip():
                raise AssertionError('not a header: %r' % line)
            headers.append((name.lower(), value.strip()))
        return Response(int(status), ''.join(reason), headers, b'')

    def read_response(self, to_head=False):
        """The next response with its whole body; interim ones have none."""
        r = self.read_head()
        if to_head or r.status < 200 or r.status in (204, 304):
            return r
        if (r.header('transfer-encoding') or '').lower() == 'chunked':
            r.body = self._chunks()
        elif r.header('content-length') is not None:
            r.body = self.exactly(int(r.header('content-length')))
        else:
            r.body = self.rest()
        return r

    def _chunks(self):
        body = b''
        while True:
            size = int(self.until(b'\r\n').split(b';')[0], 16)
            if size == 0:
                while self.until(b'\r\n'):
                    pass
                return body
            body += self.exactly(size)
            if self.exactly(2) != b'\r\n':
                raise AssertionError('no line end after a chunk')

    def rest(self):
        """Everything up to the end of the connection."""
        try:
            while True:
                self._more()
        except Closed:
            return self._take(len(self.pending))

    def get(self, path='/', headers=''):
        self.send(('GET %s HTTP/1.1\r\nHost: wire.test\r\n%s\r\n' % (path, headers)).encode())
        return self.read_response()
