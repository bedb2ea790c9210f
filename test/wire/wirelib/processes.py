"""Child processes that cannot outlive the test, and bounded waiting for what they do."""
import atexit
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time

PATH = os.environ.get('PATH', '') + ':/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def tool(name):
    """Path of an installed program. Missing is a failure, never a skip."""
    path = shutil.which(name, path=PATH)
    if not path:
        raise RuntimeError('%s is not installed: tools/dev setup installs it' % name)
    return path


def wait_for(what, condition, seconds=20, every=0.02):
    """Polls until `condition()` is true and returns its value; AssertionError in time otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('no %s within %s s' % (what, seconds))
        time.sleep(every)


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _in_child():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    raise_descriptor_limit()


def scratch_directory():
    """A directory that is gone after the test; short enough for Unix sockets' paths."""
    d = tempfile.mkdtemp(prefix='wire-')
    atexit.register(shutil.rmtree, d, True)
    return d


class Child:
    """A running program. Its output is in a file; `stop` is called by the test's cleanup."""

    def __init__(self, argv, env=None, cwd=None):
        self.directory = scratch_directory()
        self.output_path = os.path.join(self.directory, 'output')
        with open(self.output_path, 'wb') as out:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                preexec_fn=_in_child, env={**os.environ, **(env or {})}, cwd=cwd)
        self.pid = self.process.pid
        atexit.register(self.stop)

    def output(self):
        with open(self.output_path, errors='replace') as f:
            return f.read()

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def exit_code(self, seconds=20):
        """Waits for the end."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError('process still runs after %s s:\n%s' % (
                seconds, self.output()[-2000:]))

    def kill(self):
        if self.running():
            self.process.kill()
        self.process.wait()

    def stop(self):
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait_for_output(self, what, seconds=20):
        def look():
            text = self.output()
            if what not in text and not self.running():
                raise AssertionError('ended with %s before it said %r:\n%s' % (
                    self.process.returncode, what, text[-2000:]))
            return text if what in text else None
        return wait_for('%r in the output' % what, look, seconds)

    def rss(self):
        """Resident bytes now."""
        with open('/proc/%d/statm' % self.pid) as f:
            return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')

    def peak_rss(self):
        with open('/proc/%d/status' % self.pid) as f:
            for line in f:
                if line.startswith('VmHWM'):
                    return int(line.split()[1]) * 1024
        raise AssertionError('no VmHWM')
