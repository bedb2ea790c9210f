"""Raw requests whose framing two parsers could read differently. None may reach an origin.

RFC 9112 sections 2.2, 3.2, 5, 6 and 11.2.
"""
import unittest

from wirelib.bootstrap import one_route_to
from wirelib.origins import RecordingOrigin, ScriptedOrigin
from wirelib.raw import Closed, RawConnection
from wirelib.sluice import Sluice

INNER = 'GET /smuggled HTTP/1.1\r\nHost: wire.test\r\n\r\n'
REFUSED = {
    'content-length and chunked':
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n'
        '0\r\n\r\nG',
    'two different lengths':
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 45\r\n\r\n' + INNER,
    'a list of different lengths':
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 45\r\n\r\n' + INNER,
    'a signed length': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc',
    'a negative length': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    'a length in hex': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc',
    'a length beyond 64 bits':
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\nabc',
    'an empty length': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n',
    'chunked twice':
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n'
        'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'chunked not last':
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    'an unknown transfer coding':
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'a coding hidden by a vertical tab':
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n',
    'chunked in HTTP/1.0':
        'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a space before the colon':
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc',
    'a tab before the colon':
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n',
    'a folded header': 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n two\r\n\r\n',
    'a folded first header': 'GET / HTTP/1.1\r\n Host: a\r\nX: 1\r\n\r\n',
    'a bare LF after a header': 'GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n',
    'a bare LF after the request line': 'GET / HTTP/1.1\nHost: a\r\n\r\n',
    'a bare LF as the end': 'GET / HTTP/1.1\r\nHost: a\r\n\n' + INNER,
    'a bare CR in a value': 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n',
    'NUL in a value': 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n',
    'NUL in a name': 'GET / HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n',
    'a control byte in a value': 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n',
    'no colon': 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n',
    'an empty name': 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n',
    'no host': 'GET / HTTP/1.1\r\n\r\n',
    'two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'two words in the host': 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    'a space in the target': 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a control byte in the target': 'GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a relative target': 'GET a HTTP/1.1\r\nHost: a\r\n\r\n',
    'no target': 'GET  HTTP/1.1\r\nHost: a\r\n\r\n',
    'a method that is no token': 'G(T / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a tab in the request line': 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'a version of its own': 'GET / HTTP/1.12\r\nHost: a\r\n\r\n',
    'a version in lower case': 'GET / http/1.1\r\nHost: a\r\n\r\n',
}
BAD_CHUNKS = {
    'a chunk size with a sign': '+3\r\nabc\r\n0\r\n\r\n',
    'a chunk size with 0x': '0x3\r\nabc\r\n0\r\n\r\n',
    'a chunk size beyond 64 bits': '10000000000000003\r\nabc\r\n0\r\n\r\n',
    'an empty chunk size': '\r\nabc\r\n0\r\n\r\n',
    'a chunk size after a space': ' 3\r\nabc\r\n0\r\n\r\n',
    'a chunk longer than its size': '3\r\nabcdef\r\n0\r\n\r\n',
    'a chunk size ended by LF': '3\nabc\r\n0\r\n\r\n',
    'a chunk ended by LF': '3\r\nabc\n0\r\n\r\n',
    'a bare LF in an extension': '3;a\nb\r\nabc\r\n0\r\n\r\n',
    'a bare CR in an extension': '3;a\rb\r\nabc\r\n0\r\n\r\n',
    'a folded trailer': '0\r\nX: 1\r\n 2\r\n\r\n',
}
BROKEN_RESPONSES = {
    'two lengths': b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello',
    'length and chunked':
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a length that is none': b'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok',
    'no status': b'HTTP/1.1 OK\r\n\r\n',
    'another protocol': b'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'a space before the colon': b'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok',
    'NUL in a header': b'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok',
    'nothing at all': b'',
}


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = RecordingOrigin()
        cls.sluice = Sluice(one_route_to(cls.origin.port, manager=
            'http_protocol_options { accept_http_10: true }'))
        cls.port = cls.sluice.port()

    @classmethod
    def tearDownClass(cls):
        cls.sluice.stop()
        cls.origin.close()

    def setUp(self):
        self.origin.received = b''

    def answer_to(self, request):
        with RawConnection(self.port, timeout=5) as c:
            c.send(request.encode('latin-1'))
            response = c.read_response()
            return response, c.rest()

    def test_ambiguous_requests_get_400_and_the_origin_nothing(self):
        for name, request in REFUSED.items():
            with self.subTest(name):
                response, after = self.answer_to(request)
                self.assertEqual(response.status, 400)
                self.assertTrue(response.closes(), response.headers)
                self.assertEqual(after, b'', 'something after the refusal')
                self.assertEqual(self.origin.received, b'')

    def test_bad_chunks_end_the_connection_before_a_second_request(self):
        for name, body in BAD_CHUNKS.items():
            with self.subTest(name):
                self.origin.received = b''
                response, after = self.answer_to(
                    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n' + body +
                    INNER)
                self.assertEqual(response.status, 400)
                self.assertTrue(response.closes(), response.headers)
                self.assertEqual(after, b'')
                self.assertNotIn(b'smuggled', self.origin.received)

    def test_what_merely_looks_odd_passes(self):
        for name, request in {
                'an empty line first': '\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
                'absolute form':
                    'GET http://b/x HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n',
                'a chunk extension':
                    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
                    'Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n',
                'bytes above 127 in a value':
                    'GET / HTTP/1.1\r\nHost: a\r\nX: \xe4\r\nConnection: close\r\n\r\n',
        }.items():
            with self.subTest(name):
                self.assertEqual(self.answer_to(request)[0].status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        with RawConnection(self.port) as c:
            c.send(INNER.encode() * 20)
            for _ in range(20):
                self.assertEqual(c.read_response().body, b'ok')

    def test_a_request_cut_at_every_byte_reaches_the_origin_never_or_whole(self):
        request = b'POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'
        for n in range(len(request)):
            with RawConnection(self.port) as c:
                c.send(request[:n])
        with RawConnection(self.port) as c:
            c.send(request)
            self.assertEqual(c.read_response().status, 200)


class Responses(unittest.TestCase):
    def test_broken_framing_becomes_502_and_the_client_sees_none_of_it(self):
        answers = iter(BROKEN_RESPONSES.items())
        current = []

        def serve(s):
            s.recv(65536)
            s.sendall(current[1])

        origin = ScriptedOrigin(serve)
        sluice = Sluice(one_route_to(origin.port))
        self.addCleanup(origin.close)
        self.addCleanup(sluice.stop)
        for name, answer in answers:
            current[:] = [name, answer]
            with self.subTest(name), RawConnection(sluice.port(), 5) as c:
                response = c.get()
                # an origin that says nothing before it closes is unavailable, not wrong
                self.assertEqual(response.status, 502 if answer else 503)
                self.assertNotIn(b'hello', response.body)

    def test_a_body_cut_short_is_not_passed_off_as_whole(self):
        def serve(s):
            s.recv(65536)
            s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort')

        origin = ScriptedOrigin(serve)
        sluice = Sluice(one_route_to(origin.port))
        self.addCleanup(origin.close)
        self.addCleanup(sluice.stop)
        with RawConnection(sluice.port()) as c, self.assertRaises(Closed):
            c.get()


if __name__ == '__main__':
    unittest.main()
