"""The proxies Sluice is compared with, and the floor."""
from .job import program, template
from .procs import first_line
from .proxy import Proxy


class Direct(Proxy):
    """No proxy at all: what the load generator and the origin can do, and their own latency."""
    name = 'direct'

    def supports(self, w):
        return w.kind in ('http', 'ws') and not w.tls and not w.routes

    def start(self, job, cores, prefix=(), instr=False, stderr=None):
        return None


class Relay(Proxy):
    """The floor: bytes copied between two sockets, nothing parsed."""
    name = 'relay'

    def supports(self, w):
        return 'http2' not in w.features

    def command(self, job, d, instr=False):
        return [program('relay'), str(job.http), str(job.origin), str(job.workers), str(job.tls),
                job.env.cert, job.env.key], {}


class HAProxy(Proxy):
    name = 'haproxy'
    exe = 'haproxy'
    tuning = ''

    def version(self):
        return first_line([self.available(), '-v'])

    def command(self, job, d, instr=False):
        routes = '    default_backend be'
        if job.routes:
            m = self.write(d, 'map', ''.join('%s be\n' % n for n in job.route_names()))
            key = 'req.hdr(host),lower,map_str' if job.route_kind == 'vhost' else 'path,map_beg'
            routes = '    use_backend %%[%s(%s,none)]' % (key, m)
        cfg = template('haproxy.cfg.in', WORKERS=job.workers, MAXCONN=10100, HTTP_PORT=job.http,
                       TLS_PORT=job.tls, PEM=job.env.pem, ROUTES=routes, UPSTREAM_PORT=job.origin,
                       SERVER_OPTS='proto h2' if job.upstream == 'h2c' else '',
                       TUNING=self.tuning or job.env.haproxy_tuning)
        return [self.available(), '-db', '-q', '-f', self.write(d, 'haproxy.cfg', cfg)], {}


class Nginx(Proxy):
    name = 'nginx'
    exe = 'nginx'
    buffers = ''

    def supports(self, w):
        return not {'http2', 'upgrade'} <= w.features  # no extended CONNECT

    def version(self):
        return first_line([self.available(), '-v'])

    def servers(self, job):
        reuse = ' reuseport' if job.workers > 1 else ''
        plain = 'listen 127.0.0.1:%d%%s%s;' % (job.http, reuse)
        tls = 'listen 127.0.0.1:%d ssl http2%s;' % (job.tls, reuse)
        go = 'grpc_pass grpc://be;' if job.upstream == 'h2c' else 'proxy_pass http://be;'
        if not job.routes:
            return '    server {\n        %s\n        %s\n        location / { %s }\n    }' % (
                plain % '', tls, go)
        if job.route_kind == 'vhost':
            other = '    server { %s location / { return 404; } }\n' % (plain % ' default_server')
            return other + ''.join(
                '    server { listen 127.0.0.1:%d; server_name %s; location / { %s } }\n' % (
                    job.http, n, go) for n in job.route_names())
        return ('    server {\n        %s\n        location / { return 404; }\n' % (plain % '') +
                ''.join('        location %s { %s }\n' % (n, go) for n in job.route_names()) +
                '    }\n')

    def command(self, job, d, instr=False):
        cfg = template('nginx.conf.in', MASTER='off' if instr else 'on', WORKERS=job.workers, DIR=d,
                       CONNECTIONS=24000, CERT=job.env.cert, KEY=job.env.key,
                       UPSTREAM_PORT=job.origin, SERVERS=self.servers(job),
                       NGINX_BUFFERS=self.buffers or job.env.nginx_buffers)
        return [self.available(), '-p', d, '-c', self.write(d, 'nginx.conf', cfg)], {}


class HAProxyBig(HAProxy):
    """HAProxy told to use 64 KiB buffers: what one would set knowing that bodies are large."""
    name = 'haproxy-big'
    tuning = '    tune.bufsize 68000'

    def supports(self, w):
        return w.name.endswith('-64k') or w.name in ('idle-ws', 'idle-wss')


class NginxBig(Nginx):
    """nginx told to use buffers that hold a whole 64 KiB body."""
    name = 'nginx-big'
    # client_header_buffer_size is also the client-to-upstream buffer of an upgraded connection
    buffers = ('    proxy_buffer_size 68k;\n    proxy_buffers 4 68k;\n'
               '    proxy_busy_buffers_size 136k;\n    client_header_buffer_size 68k;')

    def supports(self, w):
        return w.name.endswith('-64k') or w.name in ('idle-ws', 'idle-wss')


class Nghttpx(Proxy):
    name = 'nghttpx'
    exe = 'nghttpx'

    def version(self):
        return first_line([self.available(), '--version'])

    def command(self, job, d, instr=False):
        proto = 'h2' if job.upstream == 'h2c' else 'http/1.1'
        if job.routes:
            # the mandatory catch-all points at a closed port
            b = 'backend=127.0.0.1,%d;/\n' % (job.env.base + 9)
            names = [n + '/' for n in job.route_names()] if job.route_kind == 'vhost' else \
                job.route_names()
            b += '\n'.join('backend=127.0.0.1,%d;%s;proto=%s' % (job.origin, n, proto)
                           for n in names)
        else:
            b = 'backend=127.0.0.1,%d;;proto=%s' % (job.origin, proto)
        cfg = template('nghttpx.conf.in', HTTP_PORT=job.http, TLS_PORT=job.tls, BACKENDS=b,
                       KEY=job.env.key, CERT=job.env.cert, WORKERS=job.workers, DIR=d)
        return [self.available(), '--conf=' + self.write(d, 'nghttpx.conf', cfg)], {}


class Caddy(Proxy):
    name = 'caddy'
    exe = 'caddy'

    def supports(self, w):
        return not w.routes and w.upstream == 'h1'

    def version(self):
        return 'caddy ' + first_line([self.available(), 'version'])

    def command(self, job, d, instr=False):
        cfg = template('Caddyfile.in', HTTP_PORT=job.http, TLS_PORT=job.tls,
                       UPSTREAM_PORT=job.origin, CERT=job.env.cert, KEY=job.env.key)
        return [self.available(), 'run', '--adapter', 'caddyfile', '--config',
                self.write(d, 'Caddyfile', cfg)], \
               {'GOMAXPROCS': str(job.workers), 'HOME': d, 'XDG_DATA_HOME': d, 'XDG_CONFIG_HOME': d}
