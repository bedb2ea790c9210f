"""What a proxy is asked to do, and the files the run needs."""
import os
import re
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SLUICE_BENCH_BUILD', os.path.join(HERE, 'build'))
# name: sources, libraries
PROGRAMS = {
    'backend': (['backend.cc'], ['-lcrypto']),
    'relay': (['relay.cc'], ['-lssl', '-lcrypto']),
    'load': (['load.cc', 'client.cc', 'client_messages.cc', 'plan.cc', 'samples.cc'],
             ['-lssl', '-lcrypto']),
}


def template(name, **kw):
    with open(os.path.join(HERE, 'templates', name)) as f:
        s = f.read()
    for k, v in kw.items():
        s = s.replace('@%s@' % k, str(v))
    left = set(re.findall(r'@([A-Z0-9_]+)@', s))
    if left:
        raise SystemExit('%s: nothing to fill in for %s' % (name, ', '.join(sorted(left))))
    return s


def program(name):
    return os.path.join(BUILD, name)


def build_programs(note):
    """g++ rather than the project's build: these programs link OpenSSL, the proxy BoringSSL."""
    os.makedirs(BUILD, exist_ok=True)
    src = os.path.join(HERE, 'src')
    newest = max(os.path.getmtime(os.path.join(src, f)) for f in os.listdir(src))
    for name, (sources, libraries) in PROGRAMS.items():
        out = program(name)
        if os.path.exists(out) and os.path.getmtime(out) > newest:
            continue
        note('compiling', name)
        subprocess.check_call([os.environ.get('CXX', 'g++'), '-O2', '-std=c++17', '-Wall',
                               '-Wextra'] + [os.path.join(src, s) for s in sources] +
                              ['-o', out] + libraries + ['-lpthread'])


class Env:
    """Where this run's files and ports are."""

    def __init__(self, directory, base_port, key_kind, nginx_buffers, haproxy_tuning):
        self.dir, self.base = directory, base_port
        self.nginx_buffers, self.haproxy_tuning = nginx_buffers, haproxy_tuning
        self.cert, self.key, self.pem = (os.path.join(directory, f)
                                         for f in ('cert.pem', 'key.pem', 'both.pem'))
        self._certificate(key_kind)

    def _certificate(self, kind):
        new = ['-newkey', 'rsa:2048'] if kind == 'rsa' else \
              ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
        subprocess.check_call(
            ['openssl', 'req', '-x509', '-nodes', '-days', '30', '-subj', '/CN=bench.test',
             '-addext', 'subjectAltName=DNS:bench.test'] + new +
            ['-keyout', self.key, '-out', self.cert], stderr=subprocess.DEVNULL)
        with open(self.pem, 'w') as f:
            for p in (self.cert, self.key):
                with open(p) as g:
                    f.write(g.read())


class Job:
    """Where the proxy listens, what is behind it, how many routes, and which features."""

    def __init__(self, env, workers, w):
        self.env, self.workers = env, workers
        self.upstream, self.route_kind, self.routes = w.upstream, w.route_kind, w.routes
        self.features = w.features
        self.http, self.tls = env.base + 0, env.base + 1
        self.origin = env.base + (3 if w.upstream == 'h2c' else 2)

    def route_names(self):
        if self.route_kind == 'vhost':
            return ['host%d.example.com' % i for i in range(self.routes)]
        return ['/api/svc%d/' % i for i in range(self.routes)]
