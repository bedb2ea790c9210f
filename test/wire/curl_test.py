"""What curl gets through Sluice from the demo backend."""
import os
import subprocess
import unittest

from wirelib.bootstrap import one_route_to
from wirelib.origins import DemoBackend
from wirelib.processes import tool
from wirelib.sluice import Sluice


class Curl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = DemoBackend()
        cls.sluice = Sluice(one_route_to(cls.backend.port, manager='''
            http_protocol_options { accept_http_10: true }'''))
        cls.url = cls.sluice.url()

    @classmethod
    def tearDownClass(cls):
        cls.sluice.stop()
        cls.backend.stop()

    def curl(self, *args, path='', data=None):
        r = subprocess.run([tool('curl'), '-sS', '--max-time', '30', *args, self.url + path],
                           input=data, capture_output=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        return r.stdout

    def test_get(self):
        self.assertEqual(self.curl(path='whoami'), b'one\n')

    def test_response_headers_arrive_and_the_backend_is_not_told_of_the_connection(self):
        head = self.curl('-i', path='whoami').decode()
        self.assertTrue(head.startswith('HTTP/1.1 200 OK\r\n'), head)
        self.assertIn('x-backend: one\r\n', head.lower())
        self.assertNotIn('connection: close', head.lower())
        seen = self.curl('-H', 'Connection: keep-alive, x-hop', '-H', 'X-Hop: 1', '-H', 'X-End: 2',
                         path='headers').decode().lower()
        self.assertIn('x-end: 2', seen)
        self.assertNotIn('x-hop', seen)

    def test_head_has_the_length_and_no_body(self):
        out = self.curl('-I', path='bytes/5000').decode().lower()
        self.assertIn('content-length: 5000\r\n', out)
        self.assertTrue(out.endswith('\r\n\r\n'), out)

    def test_post_of_a_known_length(self):
        body = os.urandom(300000)
        self.assertEqual(self.curl('--data-binary', '@-', '-H', 'Expect:', data=body), body)

    def test_post_that_waits_for_100_continue(self):
        body = os.urandom(5000)
        out = self.curl('-v', '--stderr', '-', '-o', os.devnull, '--data-binary', '@-', '-H',
                        'Expect: 100-continue', '--expect100-timeout', '25', data=body)
        self.assertIn(b'HTTP/1.1 100 Continue', out)
        self.assertIn(b'HTTP/1.1 200 OK', out)

    def test_chunked_upload(self):
        body = os.urandom(300000)
        out = self.curl('-X', 'POST', '-T', '-', '-H', 'Transfer-Encoding: chunked', data=body)
        self.assertEqual(out, body)

    def test_http_10_gets_an_answer_and_the_end_of_the_connection(self):
        out = self.curl('-0', '-i', path='bytes/100').decode()
        self.assertTrue(out.endswith('\r\n\r\n' + ''.join(chr(97 + i % 26) for i in range(100))))
        self.assertNotIn('transfer-encoding', out.lower())

    def test_one_connection_carries_many_requests(self):
        before = self.sluice.stat('http.web.downstream_cx_total')
        out = self.curl('-w', '%{num_connects} ', '-o', os.devnull, '-o', os.devnull, '-o',
                        os.devnull, self.url + 'whoami', self.url + 'bytes/70000', path='whoami')
        self.assertEqual(out, b'1 0 0 ')
        self.assertEqual(self.sluice.stat('http.web.downstream_cx_total'), before + 1)

    def test_headers_beyond_the_limit_get_431(self):
        # Envoy's default limit of the whole header section is 60 KiB.
        out = self.curl('-o', os.devnull, '-w', '%{http_code}', '-H', 'X-Big: ' + 'a' * 61500,
                        path='whoami')
        self.assertEqual(out, b'431')
        out = self.curl('-o', os.devnull, '-w', '%{http_code}', '-H', 'X-Big: ' + 'a' * 50000,
                        path='whoami')
        self.assertEqual(out, b'200')

    def test_more_headers_than_the_limit_get_431(self):
        # Envoy's default limit of their number is 100.
        many = [a for i in range(101) for a in ('-H', 'X-Header-%d: 1' % i)]
        out = self.curl('-o', os.devnull, '-w', '%{http_code}', *many, path='whoami')
        self.assertEqual(out, b'431')

    def test_statuses_and_a_slow_answer_pass(self):
        for status in (204, 304, 404, 503):
            out = self.curl('-o', os.devnull, '-w', '%{http_code}', path='status/%d' % status)
            self.assertEqual(out, str(status).encode())
        self.assertEqual(self.curl(path='slow?ms=300'), b'one after 300 ms\n')

    def test_a_hundred_requests_side_by_side(self):
        out = self.curl('--parallel', '--parallel-max', '50', '-o', os.devnull, '-w',
                        '%{http_code} ', path='slow?ms=100&n=[1-100]')
        self.assertEqual(out.split(), [b'200'] * 100)


if __name__ == '__main__':
    unittest.main()
