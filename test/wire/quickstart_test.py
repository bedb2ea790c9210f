"""The quickstart's own configuration does what its README says, on ports of its own here."""
import os
import re
import signal
import socket
import unittest

from wirelib.quickstart import QUICKSTART, Quickstart
from wirelib.raw import RawConnection
from wirelib.sluice import sluice_binary
from wirelib.processes import Child, scratch_directory


class QuickstartConfiguration(unittest.TestCase):
    def setUp(self):
        self.quickstart = Quickstart()
        self.addCleanup(self.quickstart.stop)

    def test_backends_take_turns(self):
        with RawConnection(self.quickstart.port) as c:
            names = [c.get('/whoami').body.decode().strip() for _ in range(10)]
        self.assertEqual(sorted(names), ['one'] * 5 + ['two'] * 5)
        self.assertTrue(all(a != b for a, b in zip(names, names[1:])), names)

    def test_sluice_answers_hello_itself(self):
        with RawConnection(self.quickstart.port) as c:
            r = c.get('/hello')
        self.assertEqual((r.status, r.body), (200, b'hello from Sluice\n'))
        self.assertIsNone(r.header('x-backend'))

    def test_the_commands_that_are_printed_work(self):
        with RawConnection(self.quickstart.port) as c:
            self.assertIn(b'GET /headers', c.get('/headers').body)
        clusters = self.quickstart.sluice.admin('/clusters')[1]
        for backend in self.quickstart.backends:
            self.assertIn('demo::127.0.0.1:%d::' % backend.port, clusters)

    def test_each_request_is_a_line_on_standard_output(self):
        with RawConnection(self.quickstart.port) as c:
            c.get('/headers')
        self.quickstart.sluice.wait_for_output('"GET /headers HTTP/1.1" 200')

    def test_a_dead_backend_is_503_for_every_other_request(self):
        self.quickstart.backends[0].kill()
        with RawConnection(self.quickstart.port) as c:
            statuses = [c.get('/whoami').status for _ in range(10)]
        self.assertEqual(sorted(statuses), [200] * 5 + [503] * 5)

    def test_it_validates(self):
        child = Child([sluice_binary(), '--mode', 'validate', '-c',
                       os.path.join(QUICKSTART, 'sluice.textproto')])
        self.assertEqual(child.exit_code(), 0, child.output())


class Script(unittest.TestCase):
    def test_it_uses_the_ports_of_the_configuration(self):
        with open(os.path.join(QUICKSTART, 'run')) as f:
            script = f.read()
        with open(os.path.join(QUICKSTART, 'sluice.textproto')) as f:
            ports = re.findall(r'port_value: (\d+)', f.read())
        for port in ports:
            self.assertIn(port, script)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(('127.0.0.1', 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class CtrlC(unittest.TestCase):
    """The script itself, on other ports, as the foreground of a terminal."""

    def test_reaches_each_program_once(self):
        names = ('9001', '9002', '9901', '10000')
        ports = dict(zip(names, map(str, free_ports(len(names)))))
        folder = os.path.join(scratch_directory(), 'examples', 'quickstart')
        os.makedirs(folder)
        for name in ('run', 'sluice.textproto'):
            with open(os.path.join(QUICKSTART, name)) as f:
                text = re.sub('|'.join(names), lambda m: ports[m.group()], f.read())
            with open(os.path.join(folder, name), 'w') as f:
                f.write(text)
        script = Child(['env', '--default-signal=INT', 'setsid', 'bash',
                        os.path.join(folder, 'run')],
                       env={'SLUICE_BIN': sluice_binary(),
                            'DEMO_BACKEND_BIN': os.path.abspath(os.environ['DEMO_BACKEND_BIN'])})
        script.wait_for_output('Ctrl-C stops everything')
        with RawConnection(int(ports['10000'])) as c:
            self.assertEqual(c.get('/whoami').status, 200)
            os.killpg(script.pid, signal.SIGINT)
            self.assertEqual(script.exit_code(), 0)
        self.assertEqual(script.output().count('draining, then exiting'), 1)
        self.assertNotIn('second signal', script.output())


if __name__ == '__main__':
    unittest.main()
