"""HTTP/2 programs of others: nghttpd and nghttpx behind Sluice; HAProxy, h2load, nghttp in front."""
import os
import re
import subprocess

from .origins import PortTaker
from .processes import scratch_directory, tool

HAPROXY = '''
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
frontend in
    bind 127.0.0.1:%d
    default_backend out
backend out
    http-reuse always
    server only 127.0.0.1:%d proto h2
'''


class Nghttpd(PortTaker):
    """Sends uploads back, and the files of a directory. Without an identity it is h2c."""

    def __init__(self, *args, identity=None):
        tls = [identity.key, identity.certificate] if identity else []
        self.documents = scratch_directory()
        super().__init__(lambda port: [
            tool('nghttpd'), '-a', '127.0.0.1', '--echo-upload', '-d', self.documents,
            '-m', '1000', *args] + ([] if identity else ['--no-tls']) + [str(port)] + tls)


class Nghttpx(PortTaker):
    """HTTP/2 (and HTTP/1.1) in front of an HTTP/1.1 server on `backend_port`."""

    def __init__(self, backend_port, identity=None):
        tls = [identity.key, identity.certificate] if identity else []
        super().__init__(lambda port: [
            tool('nghttpx'), '--conf=/dev/null', '--errorlog-file=/dev/stderr',
            '--accesslog-file=/dev/null', '--no-ocsp', '--no-via', '--workers=1',
            '--backend=127.0.0.1,%d' % backend_port,
            '--frontend=127.0.0.1,%d%s' % (port, '' if identity else ';no-tls')] + tls)


class HAProxy(PortTaker):
    """HTTP/1.1 in front of an h2c server on `backend_port`, one connection to it."""

    def __init__(self, backend_port):
        path = os.path.join(scratch_directory(), 'haproxy.cfg')

        def command(port):
            with open(path, 'w') as f:
                f.write(HAPROXY % (port, backend_port))
            return [tool('haproxy'), '-db', '-f', path]
        super().__init__(command)


class LoadResult:
    """The totals that h2load prints."""

    def __init__(self, text):
        self.text = text
        self.requests = self._numbers(r'^requests: (.*)$')
        self.statuses = self._numbers(r'^status codes: (.*)$')
        found = re.search(r'^traffic: .*?(\d+)\) data$', text, re.M)
        self.data_bytes = int(found.group(1)) if found else None

    def _numbers(self, pattern):
        found = re.search(pattern, self.text, re.M)
        return {name: int(n) for n, name in re.findall(r'(\d+) (\w+)', found.group(1))} \
            if found else {}


def h2load(url, requests, clients=8, streams=32, *args):
    r = subprocess.run([tool('h2load'), '-n', str(requests), '-c', str(clients), '-m', str(streams),
                        *args, url], capture_output=True, text=True, timeout=90)
    if r.returncode:
        raise AssertionError('h2load: %s%s' % (r.stdout, r.stderr))
    return LoadResult(r.stdout)


def nghttp(*args, data=None):
    """What nghttp printed: bodies, and with -v every frame."""
    r = subprocess.run([tool('nghttp'), '--no-dep', '-t', '30', *args], input=data,
                       capture_output=True, timeout=60)
    if r.returncode:
        raise AssertionError('nghttp: %r%r' % (r.stdout[-2000:], r.stderr[-2000:]))
    return r.stdout


def curl(*args, data=None, expect=(0,)):
    """`expect`: exit statuses that are right."""
    r = subprocess.run([tool('curl'), '-sS', '--max-time', '30', *args], input=data,
                       capture_output=True, timeout=60)
    if r.returncode not in expect:
        raise AssertionError('curl %s ended with %d: %s' % (' '.join(args), r.returncode,
                                                            r.stderr.decode('latin-1')))
    return r.stdout
