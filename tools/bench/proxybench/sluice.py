"""Sluice: $SLUICE_BIN -c FILE --concurrency N, FILE being a static bootstrap as text proto.

The bootstrap is put together from templates/sluice/: a plain listener always, and only for the
workloads that need them the parts for TLS and HTTP/2. WebSocket needs none. SLUICE_ARGS adds
arguments.
"""
import os

from .job import template
from .procs import first_line
from .proxy import Proxy

# What this tree's Sluice can do beyond plain HTTP/1.1: of 'tls', 'http2', 'h2c', 'upgrade'.
FEATURES = {'tls', 'http2', 'h2c', 'upgrade'}


def _part(name, **kw):
    return template(os.path.join('sluice', name + '.textproto.in'), **kw)


class Sluice(Proxy):
    name = 'sluice'

    def available(self):
        b = os.environ.get('SLUICE_BIN')
        if b and not os.access(b, os.X_OK):
            raise SystemExit('SLUICE_BIN is not an executable file')
        return os.path.abspath(b) if b else None

    def supports(self, w):
        return w.features <= FEATURES

    def version(self):
        return first_line([self.available(), '--version'])

    def virtual_hosts(self, job):
        route = ('routes { match { prefix: "%s" } '
                 'route { cluster: "origin" timeout { seconds: 600 } } }')
        host = 'virtual_hosts { name: "vh%d" domains: "%s" %s }\n'
        if not job.routes:
            return host % (0, '*', route % '/')
        if job.route_kind == 'vhost':
            return ''.join(host % (i, n, route % '/') for i, n in enumerate(job.route_names()))
        return host % (0, '*', '\n'.join(route % n for n in job.route_names()))

    def listener(self, job, name, port, transport_socket):
        return _part('listener', NAME=name, PORT=port, TRANSPORT_SOCKET=transport_socket,
                     VIRTUAL_HOSTS=self.virtual_hosts(job))

    def bootstrap(self, job):
        listeners = self.listener(job, 'plain', job.http, '')
        if 'tls' in job.features:
            alpn = '"h2", "http/1.1"' if 'http2' in FEATURES else '"http/1.1"'
            tls = _part('transport_socket', CERT=job.env.cert, KEY=job.env.key, ALPN=alpn)
            listeners += self.listener(job, 'tls', job.tls, tls)
        protocol = _part('h2c_cluster') if job.upstream == 'h2c' else ''
        return _part('bootstrap', LISTENERS=listeners, UPSTREAM_PORT=job.origin,
                     CLUSTER_PROTOCOL=protocol)

    def command(self, job, d, instr=False):
        path = self.write(d, 'sluice.textproto', self.bootstrap(job))
        return [self.available(), '-c', path, '--concurrency', str(job.workers)] + \
            os.environ.get('SLUICE_ARGS', '').split(), {}
