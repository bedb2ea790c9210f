"""Every line of this folder's README: a gRPC client, Sluice, and two gRPC servers."""
import os
import re
import subprocess
import unittest

import grpc

from wirelib.processes import Child, tool
from wirelib.sluice import Sluice

HERE = os.path.dirname(os.path.abspath(__file__))
GREETER = os.path.join(HERE, 'greeter.py')
PATH = os.path.dirname(tool('protoc')) + ':/usr/bin:/bin'


def read(name):
    with open(os.path.join(HERE, name)) as f:
        return f.read()


class Server(Child):
    def __init__(self, name):
        super().__init__([GREETER, 'serve', name, '0'], env={'PATH': PATH})
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on 127\.0\.0\.1:(\d+)', text).group(1))


class Greeters(unittest.TestCase):
    def setUp(self):
        self.servers = [Server('one'), Server('two')]
        ports = {'9001': self.servers[0].port, '9002': self.servers[1].port, '9901': 0, '10000': 0}
        self.sluice = Sluice(re.sub(r'(?<=port_value: )\d+', lambda m: str(ports[m.group()]),
                                    read('sluice.textproto')))
        for p in [self.sluice] + self.servers:
            self.addCleanup(p.stop)

    def call(self, *args, status=0, timeout='20'):
        """The lines that the client printed."""
        r = subprocess.run([GREETER, 'call', '--timeout', timeout,
                            '127.0.0.1:%d' % self.sluice.port('grpc'), *args],
                           capture_output=True, text=True, timeout=60,
                           env={**os.environ, 'PATH': PATH})
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout.splitlines()

    def test_the_four_kinds_of_methods(self):
        greetings = self.call('hello', 'a', 'b', 'c', 'd')
        self.assertEqual([g.partition(': ')[2] for g in greetings],
                         ['hello, a', 'hello, b', 'hello, c', 'hello, d'])
        self.assertEqual(sorted(g.partition(': ')[0] for g in greetings),
                         ['one', 'one', 'two', 'two'])
        for words, wanted in ((('countdown', '5'), ['5', '4', '3', '2', '1']),
                              (('together', 'a', 'b'), ['hello, a and b']),
                              (('chat', 'a', 'b'), ['hello, a', 'hello, b'])):
            self.assertEqual([g.partition(': ')[2] for g in self.call(*words)], wanted)
        self.sluice.wait_for_output('/demo.Greeter/Chat 200 grpc-status=0 127.0.0.1:')

    def test_deadlines_and_statuses(self):
        lines = self.call('countdown', '5', '5000', timeout='1', status=1)
        self.assertEqual(lines[1], 'DEADLINE_EXCEEDED: Deadline Exceeded')
        self.assertEqual(self.call('hello', '', status=1), ['INVALID_ARGUMENT: nobody to greet'])

    def test_a_server_that_stops(self):
        self.call('hello', 'a', 'b')
        self.servers[0].kill()
        answers = []
        with grpc.insecure_channel('127.0.0.1:%d' % self.sluice.port('grpc')) as channel:
            hello = channel.unary_unary('/demo.Greeter/Hello')
            for _ in range(4):
                try:
                    answers.append(hello(b'\x0a\x01x', timeout=20))
                except grpc.RpcError as e:
                    # gRPC itself would speak of an HTTP status.
                    self.assertNotIn('status: 503', e.details())
                    answers.append(e.code())
        self.assertEqual(answers.count(grpc.StatusCode.UNAVAILABLE), 2, answers)
        self.assertEqual(len([a for a in answers if isinstance(a, bytes)]), 2)

    def test_a_service_that_is_not_there(self):
        with grpc.insecure_channel('127.0.0.1:%d' % self.sluice.port('grpc')) as channel:
            with self.assertRaises(grpc.RpcError) as raised:
                channel.unary_unary('/other.Service/Method')(b'', timeout=20)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNIMPLEMENTED)


class Script(unittest.TestCase):
    def test_it_uses_the_ports_of_the_configuration(self):
        script = read('run')
        for port in re.findall(r'port_value: (\d+)', read('sluice.textproto')):
            self.assertIn(port, script)


if __name__ == '__main__':
    unittest.main()
