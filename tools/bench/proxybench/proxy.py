"""What every proxy under test has in common: it is started with a job and watched until ready."""
import os
import shutil
import subprocess
import tempfile

from .probe import http_get, wait_ready
from .procs import spawn, stop

PATH = os.environ.get('PATH', '') + ':/usr/sbin:/sbin:/usr/local/sbin'


class Proxy:
    name = ''
    exe = None

    def available(self):
        """Path of the program; for a proxy without one, True."""
        return shutil.which(self.exe, path=PATH) if self.exe else True

    def supports(self, w):
        return True

    def version(self):
        return ''

    def command(self, job, d, instr=False):
        """(command line, extra environment); files go in directory d."""
        raise NotImplementedError

    def start(self, job, cores, prefix=(), instr=False, stderr=None):
        d = tempfile.mkdtemp(prefix=self.name + '-', dir=job.env.dir)
        cmd, env = self.command(job, d, instr)
        p = spawn(list(prefix) + cmd, cores, env=env, stdin=subprocess.DEVNULL,
                  stdout=subprocess.DEVNULL,
                  stderr=stderr or open(os.path.join(d, 'stderr'), 'w'), cwd=d)
        try:
            self._wait_until_it_works(job, p, slow=bool(prefix))
        except RuntimeError as e:
            stop(p)
            try:
                with open(os.path.join(d, 'stderr')) as f:
                    tail = f.read()[-600:]
            except OSError:
                tail = ''
            raise RuntimeError('%s: %s %s' % (self.name, e, tail.strip()))
        return p

    def _wait_until_it_works(self, job, p, slow):
        if not job.routes or self.name == 'relay':
            wait_ready(job.http, p, seconds=60 if slow else 15, http=job.upstream == 'h1')
            return
        last = job.route_names()[-1]
        host = last if job.route_kind == 'vhost' else 'bench.test'
        path = (last if job.route_kind == 'prefix' else '/') + 'b/64'
        wait_ready(job.http, p, path, host, 240 if slow else 30)
        if http_get(job.http, '/none/b/64', 'none.invalid')[0] == 200:
            raise RuntimeError('an unrouted request was answered 200')

    @staticmethod
    def write(d, name, text):
        p = os.path.join(d, name)
        with open(p, 'w') as f:
            f.write(text)
        return p
