"""Servers of others behind Sluice and in front of it: nginx, Node.js, wrk."""
import hashlib
import json
import os
import re
import subprocess
import unittest

from wirelib.bootstrap import one_route_to
from wirelib.origins import DemoBackend, Nginx, Node
from wirelib.processes import scratch_directory, tool
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice


class NginxBehind(unittest.TestCase):
    def setUp(self):
        files = scratch_directory()
        self.file = os.urandom(1 << 20)
        with open(os.path.join(files, 'file'), 'wb') as f:
            f.write(self.file)
        self.nginx = Nginx('''server { listen 127.0.0.1:@PORT@; root %s;
            location /ssi { ssi on; ssi_types *; alias %s/file; }
            location /moved { return 301 /file; } }''' % (files, files))
        self.sluice = Sluice(one_route_to(self.nginx.port))
        self.addCleanup(self.nginx.stop)
        self.addCleanup(self.sluice.stop)

    def test_files_ranges_and_validators(self):
        with RawConnection(self.sluice.port()) as c:
            whole = c.get('/file')
            self.assertEqual((whole.status, whole.body), (200, self.file))
            part = c.get('/file', 'Range: bytes=100-199\r\n')
            self.assertEqual((part.status, part.body), (206, self.file[100:200]))
            same = c.get('/file', 'If-None-Match: %s\r\n' % whole.header('etag'))
            self.assertEqual((same.status, same.body), (304, b''))
            moved = c.get('/moved')
            self.assertEqual(moved.status, 301)
            self.assertTrue(moved.header('location').endswith('/file'))
            chunked = c.get('/ssi')
            self.assertEqual(chunked.header('transfer-encoding'), 'chunked')
            self.assertEqual(chunked.body, self.file)
        self.assertEqual(self.sluice.stat('cluster.origin.upstream_cx_total'), 1)


class NginxInFront(unittest.TestCase):
    def test_its_keep_alive_connections_carry_requests_through_sluice(self):
        backend = DemoBackend()
        sluice = Sluice(one_route_to(backend.port))
        nginx = Nginx('''upstream sluice { server 127.0.0.1:%d; keepalive 8; }
            server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://sluice;
            proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
            proxy_request_buffering off; } }''' % sluice.port())
        for p in (nginx, sluice, backend):
            self.addCleanup(p.stop)
        body = os.urandom(200000)
        with RawConnection(nginx.port) as c:
            for _ in range(50):
                self.assertEqual(c.get('/whoami').body, b'one\n')
            c.send(b'POST / HTTP/1.1\r\nHost: wire.test\r\nTransfer-Encoding: chunked\r\n\r\n')
            for i in range(0, len(body), 5000):
                c.send(b'%x\r\n%s\r\n' % (len(body[i:i + 5000]), body[i:i + 5000]))
            c.send(b'0\r\n\r\n')
            self.assertEqual(c.read_response().body, body)
        self.assertLess(sluice.stat('http.web.downstream_cx_total'), 5)


class NodeBehind(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node()
        cls.sluice = Sluice(one_route_to(cls.node.port))

    @classmethod
    def tearDownClass(cls):
        cls.sluice.stop()
        cls.node.stop()

    def test_it_sees_the_request(self):
        with RawConnection(self.sluice.port()) as c:
            seen = json.loads(c.get('/a/b?c=%20d', 'X-Test: yes\r\n').body)
        self.assertEqual((seen['method'], seen['url']), ('GET', '/a/b?c=%20d'))
        self.assertEqual(seen['headers']['host'], 'wire.test')
        self.assertEqual(seen['headers']['x-test'], 'yes')

    def test_chunked_answers(self):
        with RawConnection(self.sluice.port()) as c:
            r = c.get('/chunks')
        self.assertEqual((r.header('transfer-encoding'), r.body), ('chunked', b'one two three'))

    def test_uploads(self):
        body = os.urandom(3000000)
        with RawConnection(self.sluice.port()) as c:
            c.send(b'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            got = json.loads(c.read_response().body)
        self.assertEqual(got['sha256'], hashlib.sha256(body).hexdigest())

    def test_an_interim_answer_comes_before_the_final_one(self):
        with RawConnection(self.sluice.port()) as c:
            c.send(b'GET /early-hints HTTP/1.1\r\nHost: a\r\n\r\n')
            responses = [c.read_response()]
            while responses[-1].status < 200:
                responses.append(c.read_response())
        self.assertEqual(responses[-1].body, b'hinted')
        # Envoy drops 103 unless told otherwise; both are allowed by RFC 9110 section 15.2
        self.assertLessEqual({r.status for r in responses}, {103, 200})


class Wrk(unittest.TestCase):
    def test_no_errors_from_a_loaded_proxy(self):
        nginx = Nginx('server { listen 127.0.0.1:@PORT@; location / { return 200 "hello"; } }')
        sluice = Sluice(one_route_to(nginx.port), concurrency=2)
        self.addCleanup(nginx.stop)
        self.addCleanup(sluice.stop)
        r = subprocess.run([tool('wrk'), '-t2', '-c64', '-d3s', '--latency', sluice.url()],
                           capture_output=True, text=True, timeout=60)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertNotIn('Non-2xx', r.stdout)
        self.assertNotIn('Socket errors', r.stdout)
        requests = int(re.search(r'(\d+) requests in', r.stdout).group(1))
        self.assertGreater(requests, 1000, r.stdout)
        # wrk stops mid-request, so a few more were completed than it counted
        self.assertGreaterEqual(sluice.stat('http.web.downstream_rq_2xx'), requests)
        self.assertEqual(sluice.stat('http.web.downstream_rq_5xx'), 0)


if __name__ == '__main__':
    unittest.main()
