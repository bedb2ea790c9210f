"""What stands behind Sluice: the demo backend, nginx, Node.js, or a scripted socket."""
import os
import re
import socket
import threading

from .processes import Child, scratch_directory, tool, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    """A port that was free a moment ago, for programs that cannot report the one they got."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(('127.0.0.1', port), timeout=1).close()
        return True
    except OSError:
        return False


class DemoBackend(Child):
    def __init__(self, name='one', port=0):
        binary = os.environ.get('DEMO_BACKEND_BIN')
        if not binary:
            raise RuntimeError('DEMO_BACKEND_BIN does not name the demo backend')
        super().__init__([os.path.abspath(binary), name, str(port)])
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on 127\.0\.0\.1:(\d+)', text).group(1))


class PortTaker(Child):
    """A server that must be told its port; `command(port)` returns how it is started."""

    def __init__(self, command):
        for attempt in range(5):  # another program may take the port in between
            self.port = free_port()
            argv = command(self.port)
            super().__init__(argv)
            wait_for(argv[0], lambda: accepts(self.port) or not self.running())
            if self.running():
                return
        raise AssertionError('%s does not start:\n%s' % (argv[0], self.output()))


class Nginx(PortTaker):
    """`servers`: server blocks, @PORT@ in them is replaced by the chosen port."""

    def __init__(self, servers):
        self._servers, self._directory = servers, scratch_directory()
        super().__init__(self._command)

    def _command(self, port):
        d = self._directory
        with open(os.path.join(d, 'nginx.conf'), 'w') as f:
            f.write(self._config(d, self._servers.replace('@PORT@', str(port))))
        return [tool('nginx'), '-p', d, '-c', os.path.join(d, 'nginx.conf')]

    @staticmethod
    def _config(d, servers):
        paths = ''.join('%s_temp_path %s/%s;\n' % (n, d, n) for n in (
            'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        return ('daemon off; master_process off; pid %s/pid; error_log stderr crit;\n'
                'events { worker_connections 4096; }\n'
                'http { access_log off; client_max_body_size 0; keepalive_requests 1000000;\n'
                '%s\n%s\n}\n' % (d, paths, servers))


class Node(Child):
    def __init__(self):
        super().__init__([tool('node'), os.path.join(HERE, 'node_server.js')])
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on (\d+)', text).group(1))


class ScriptedOrigin:
    """Each connection is given to `serve(socket)` on a thread of its own."""

    def __init__(self, serve):
        self._serve = serve
        self.connections = 0
        self._listener = socket.create_server(('127.0.0.1', 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._run, args=(s,), daemon=True).start()

    def _run(self, s):
        with s:
            try:
                self._serve(s)
            except OSError:
                pass

    def close(self):
        self._listener.close()


class RecordingOrigin(ScriptedOrigin):
    """Keeps every byte it is sent and answers each request head with 200 "ok"."""

    def __init__(self):
        self.received = b''
        super().__init__(self._answer)

    def _answer(self, s):
        pending = b''
        while True:
            data = s.recv(65536)
            if not data:
                return
            self.received += data
            pending += data
            while b'\r\n\r\n' in pending:
                pending = pending.split(b'\r\n\r\n', 1)[1]
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
