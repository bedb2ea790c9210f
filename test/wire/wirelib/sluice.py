"""The proxy under test, as a process with ports of its own choosing."""
import json
import os
import urllib.error
import urllib.request

from .processes import Child, scratch_directory, wait_for


def sluice_binary():
    path = os.environ.get('SLUICE_BIN')
    if not path:
        raise RuntimeError('SLUICE_BIN does not name the proxy')
    return os.path.abspath(path)


def sanitized():
    """Whether the proxy carries a sanitizer: its memory is then no measure of anything."""
    with open(sluice_binary(), 'rb') as f:
        content = f.read()
    return b'__asan_init' in content or b'__tsan_init' in content


class Sluice(Child):
    """Started with a bootstrap; ready when the constructor returns."""

    def __init__(self, config, concurrency=1, args=(), wait_until_ready=True):
        self.files = scratch_directory()
        self.config_path = os.path.join(self.files, 'bootstrap.textproto')
        self.admin_path = os.path.join(self.files, 'admin')
        with open(self.config_path, 'w') as f:
            f.write(config)
        super().__init__([sluice_binary(), '-c', self.config_path, '--concurrency',
                          str(concurrency), '--admin-address-path', self.admin_path] + list(args))
        self._admin = None
        if wait_until_ready:
            wait_for('readiness of Sluice', self._ready, seconds=30)

    def _ready(self):
        if not self.running():
            raise AssertionError('Sluice ended with %s at start:\n%s' % (
                self.process.returncode, self.output()[-4000:]))
        try:
            return self.admin('/ready')[0] == 200
        except OSError:
            return False

    def admin_address(self):
        if not self._admin:
            with open(self.admin_path) as f:
                text = f.read().strip()
            if not text:
                raise FileNotFoundError(self.admin_path)
            self._admin = text
        return self._admin

    def admin(self, path, method='GET'):
        """(status, body text)"""
        request = urllib.request.Request('http://%s%s' % (self.admin_address(), path),
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def port(self, listener='web'):
        """The port that a listener of port_value 0 was given."""
        text = self.admin('/listeners')[1]
        for line in text.splitlines():
            name, _, address = line.partition('::')
            if name == listener:
                return int(address.rsplit(':', 1)[1])
        raise AssertionError('no listener %s in %r' % (listener, text))

    def url(self, path='/', listener='web'):
        return 'http://127.0.0.1:%d%s' % (self.port(listener), path)

    def stat(self, name):
        """A counter or gauge; 0 when there is none of that name."""
        text = self.admin('/stats?filter=^%s$&format=json' % name.replace('.', '%5C.'))[1]
        for s in json.loads(text).get('stats', []):
            if s.get('name') == name:
                return s['value']
        return 0
