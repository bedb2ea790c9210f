"""The workloads: name, what the load generator does, what of a proxy it needs."""


class Workload:
    def __init__(self, name, letter, kind, what, tls=False, upstream='h1', routes=0,
                 route_kind=None, unit='request', latency=False, **args):
        self.name, self.letter, self.kind, self.what, self.tls = name, letter, kind, what, tls
        self.upstream, self.routes, self.route_kind = upstream, routes, route_kind
        self.unit, self.latency, self.args = unit, latency, args
        self.features = set()
        if tls:
            self.features.add('tls')
        if kind == 'h2' or args.get('h2') or args.get('protocol') in ('h2', 'h2ws'):
            self.features.add('http2')
        if upstream == 'h2c':
            self.features.add('h2c')
        if kind == 'ws' or args.get('protocol') in ('ws', 'h2ws'):
            self.features.add('upgrade')


def workloads(rate):
    W = Workload
    out = [
        W('h1-small', 'a', 'http', 'HTTP/1.1 keep-alive, GET, 64 B response, 64 connections',
          conns=64, size=64),
        W('h1-1k', 'a', 'http', 'HTTP/1.1 keep-alive, GET, 1 KiB response, 64 connections',
          conns=64, size=1024),
        W('h1-64k', 'b', 'http', 'HTTP/1.1 keep-alive, GET, 64 KiB response, 32 connections',
          conns=32, size=65536),
        W('h1-post', 'c', 'http',
          'HTTP/1.1 keep-alive, POST of 1 KiB, 64 B response, 64 connections', conns=64, size=64,
          method='POST', body=1024),
        W('h2-small', 'd', 'h2',
          'HTTP/2 over TLS 1.3 (16 connections x 10 streams) to HTTP/1.1 upstream, 64 B', tls=True,
          size=64),
        W('h2-64k', 'd', 'h2', 'HTTP/2 over TLS 1.3 (16 x 10) to HTTP/1.1 upstream, 64 KiB',
          tls=True, size=65536),
        W('h2-h2c', 'd', 'h2', 'HTTP/2 over TLS 1.3 (16 x 10) to h2c upstream, 64 B', tls=True,
          size=64, upstream='h2c'),
        W('tls-h1', 'e', 'http', 'TLS 1.3 HTTP/1.1 keep-alive, 64 B response, 64 connections',
          tls=True, conns=64, size=64),
        W('tls-64k', 'e', 'http', 'TLS 1.3 HTTP/1.1 keep-alive, 64 KiB response, 32 connections',
          tls=True, conns=32, size=65536),
        W('tls-full', 'f', 'http',
          'new TLS 1.3 connection, full handshake (X25519, ECDSA P-256) + 1 request', tls=True,
          conns=16, size=64, close=1, unit='connection'),
        W('tls-resume', 'f', 'http',
          'new TLS 1.3 connection, resumed by ticket (PSK + X25519) + 1 request', tls=True,
          conns=16, size=64, close=1, resume=1, unit='connection'),
        W('conn', 'g', 'http', 'new plaintext connection + 1 request (Connection: close)',
          conns=32, size=64, close=1, unit='connection'),
        W('ws-small', 'h', 'ws', 'WebSocket echo of 32 B messages, 64 connections', conns=64,
          size=32, unit='round trip'),
        W('ws-64k', 'h', 'ws', 'WebSocket echo of 64 KiB messages, 16 connections', conns=16,
          size=65536, unit='round trip'),
        W('ws-handshake', 'h', 'ws',
          'new plaintext connection + WebSocket handshake + close, 32 connections', conns=32,
          size=32, close=1, unit='handshake'),
        W('wss-small', 'h', 'ws',
          'WebSocket echo of 32 B messages over TLS 1.3, 64 connections', tls=True, conns=64,
          size=32, unit='round trip'),
        W('ws-h2', 'h', 'ws', 'WebSocket echo of 32 B messages on a stream of HTTP/2 over TLS 1.3 '
          '(RFC 8441), 64 connections', tls=True, conns=64, size=32, unit='round trip',
          h2=1),
        W('idle-http', 'i', 'idle', 'memory per idle HTTP/1.1 keep-alive connection',
          unit='connection'),
        W('idle-tls', 'i', 'idle', 'memory per idle TLS 1.3 keep-alive connection', tls=True,
          unit='connection'),
        W('idle-h2', 'i', 'idle', 'memory per idle HTTP/2 connection over TLS 1.3', tls=True,
          unit='connection', protocol='h2'),
        W('idle-ws', 'i', 'idle', 'memory per idle WebSocket connection', unit='connection',
          protocol='ws'),
        W('idle-wss', 'i', 'idle', 'memory per idle WebSocket connection over TLS 1.3', tls=True,
          unit='connection', protocol='ws'),
        W('idle-ws-h2', 'i', 'idle', 'memory per idle HTTP/2 connection over TLS 1.3 with a '
          'WebSocket on it', tls=True, unit='connection', protocol='h2ws'),
        W('latency', 'j', 'http', 'open loop at %d requests/s, 64 connections, 64 B' % rate,
          conns=64, size=64, rate=rate, latency=True),
    ]
    for kind, what, key in (('vhost', 'virtual hosts', 'hosts'),
                            ('prefix', 'prefix routes', 'paths')):
        for n in (1, 1000, 10000):
            out.append(W('%s-%d' % (kind, n), 'k', 'http', '%d %s, uniformly hit, 64 B' % (n, what),
                         conns=64, size=64, routes=n, route_kind=kind, **{key: n}))
    return out


TWO_WORKER_SET = ['h1-small', 'h1-64k', 'h2-small', 'tls-h1', 'tls-full', 'conn', 'ws-small']


def select(every, words):
    """By name, by letter, by prefix*, or all."""
    chosen = []
    for t in words.split(','):
        m = [w for w in every if t in ('all', w.name, w.letter) or
             (t.endswith('*') and w.name.startswith(t[:-1]))]
        if not m:
            raise SystemExit('no workload %s (--list)' % t)
        chosen += [w for w in m if w not in chosen]
    return chosen
