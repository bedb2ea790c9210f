"""Every line of this folder's README, through Sluice, from nginx."""
import os
import re
import unittest

from wirelib.origins import Nginx
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice

HERE = os.path.dirname(os.path.abspath(__file__))


def servers():
    """The server blocks of nginx.conf."""
    with open(os.path.join(HERE, 'nginx.conf')) as f:
        return re.findall(r'    server \{.*?\n    \}\n', f.read(), re.S)


class FrontProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        site, api = servers()
        cls.site = Nginx(site.replace('9011', '@PORT@'))
        cls.api = Nginx(api.replace('9012', '@PORT@'))
        ports = {'9011': cls.site.port, '9012': cls.api.port, '9901': 0, '10000': 0}
        with open(os.path.join(HERE, 'sluice.textproto')) as f:
            config = re.sub(r'(?<=port_value: )\d+', lambda m: str(ports[m.group()]), f.read())
        cls.sluice = Sluice(config)
        cls.port = cls.sluice.port('front')

    @classmethod
    def tearDownClass(cls):
        for p in (cls.sluice, cls.api, cls.site):
            p.stop()

    def get(self, host, path, headers=''):
        with RawConnection(self.port) as c:
            c.send(('GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n' % (path, host, headers)).encode())
            return c.read_response()

    def assert_answer(self, response, status, body):
        self.assertEqual((response.status, response.body.decode()), (status, body))

    def test_direct_response(self):
        r = self.get('www.example.test', '/robots.txt')
        self.assert_answer(r, 200, 'User-agent: *\n')
        self.assertEqual(r.header('x-frame-options'), 'DENY')

    def test_redirect_keeps_the_query(self):
        r = self.get('www.example.test', '/old?x=1')
        self.assertEqual(r.status, 301)
        self.assertEqual(r.header('location'), 'http://www.example.test/new?x=1')
        self.assertEqual(r.header('x-frame-options'), 'DENY')

    def test_docs_are_the_manual(self):
        for path, asked in (('/docs', '/manual'), ('/docs/a?b', '/manual/a?b'),
                            ('/docsomething', '/docsomething')):
            r = self.get('www.example.test', path)
            self.assert_answer(r, 200, 'site: GET %s for www.example.test\n' % asked)

    def test_site_and_its_response_headers(self):
        for host in ('www.example.test', 'example.test', 'WWW.Example.Test'):
            r = self.get(host, '/page')
            self.assertEqual(r.status, 200)
            self.assertIn(b'site: GET /page', r.body)
            self.assertEqual(r.header('x-frame-options'), 'DENY')
            self.assertIsNone(r.header('x-powered-by'))

    def test_api_version_1(self):
        for host in ('api.example.test', 'eu.api.example.test'):
            r = self.get(host, '/v1/users', 'Cookie: a=b\r\nX-Api-Version: 7\r\n')
            self.assert_answer(r, 200, 'api: GET /users version=1 cookie=\n')
            self.assertIsNone(r.header('x-frame-options'))

    def test_api_version_2_needs_a_header(self):
        r = self.get('api.example.test', '/v2/users', 'X-Client: mobile-7\r\nCookie: a=b\r\n')
        self.assert_answer(r, 200, 'api: GET /v2/users version= cookie=a=b\n')
        self.assertEqual(self.get('api.example.test', '/v2/users').status, 404)

    def test_the_rest_is_404(self):
        self.assertEqual(self.get('api.example.test', '/').status, 404)
        self.assertEqual(self.get('other.test', '/').status, 404)


if __name__ == '__main__':
    unittest.main()
