"""Every line of this folder's README, through Sluice, from nginx."""
import os
import re
import subprocess
import unittest

from wirelib.certificates import replace
from wirelib.h2_peers import curl
from wirelib.origins import Nginx
from wirelib.processes import scratch_directory, wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice
from wirelib.tls import s_client

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(HERE, name)) as f:
        return f.read()


class Example(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = os.path.join(scratch_directory(), 'certificates')
        cls.make_certificates()
        server = re.search(r'    server \{.*?\n    \}\n', read('nginx.conf'), re.S).group()
        cls.nginx = Nginx(cls.in_place(server.replace('9443', '@PORT@')))
        ports = {'9443': cls.nginx.port, '9901': 0, '10080': 0, '10443': 0, '10444': 0}
        cls.sluice = Sluice(re.sub(r'(?<=port_value: )\d+', lambda m: str(ports[m.group()]),
                                   cls.in_place(read('sluice.textproto'))))

    @classmethod
    def tearDownClass(cls):
        cls.sluice.stop()
        cls.nginx.stop()

    @classmethod
    def make_certificates(cls):
        subprocess.run([os.path.join(HERE, 'make_certificates'), cls.certificates], check=True,
                       capture_output=True)

    @classmethod
    def in_place(cls, text):
        return text.replace('certificates/', cls.certificates + '/')

    def file(self, name):
        return os.path.join(self.certificates, name)

    def ask(self, *args, name='www.example.test', port='https', path='/', expect=(0,)):
        return curl('--cacert', self.file('authority.pem'), '--connect-to', '::127.0.0.1:', *args,
                    'https://%s:%d%s' % (name, self.sluice.port(port), path),
                    expect=expect).decode()


class TlsTermination(Example):
    def test_http_is_redirected_to_https(self):
        with RawConnection(self.sluice.port('http')) as c:
            c.send(b'GET /moved?x=1 HTTP/1.1\r\nHost: www.example.test\r\n\r\n')
            r = c.read_response()
        self.assertEqual((r.status, r.header('location')),
                         (301, 'https://www.example.test:10443/moved?x=1'))

    def test_two_names_on_one_port(self):
        self.assertIn('GET /users, over TLSv1.', self.ask(path='/users'))
        self.assertIn('GET /api/users, over TLSv1.',
                      self.ask(name='api.example.test', path='/users'))
        for name, shown in (('www.example.test', 'www.example.test'),
                            ('api.example.test', 'api.example.test'),
                            ('other.example.test', 'www.example.test')):
            self.assertEqual(s_client(self.sluice.port('https'), name=name).subject(), shown)
        self.assertEqual(self.ask('-k', '-o', os.devnull, '-w', '%{http_code}',
                                  name='other.example.test'), '404')

    def test_both_protocols(self):
        for option, version in (('--http2', '2'), ('--http1.1', '1.1'), ('--no-alpn', '1.1')):
            self.assertEqual(self.ask(option, '-o', os.devnull, '-w', '%{http_version}'), version)
        self.sluice.wait_for_output('HTTP/2 TLSv1.3 www.example.test GET / 200')

    def test_partners_show_a_certificate(self):
        self.ask(name='api.example.test', port='partners', expect=(55, 56))
        answer = self.ask('--cert', self.file('client.pem'), '--key', self.file('client.key'),
                          '-H', 'X-Forwarded-Client-Cert: Subject="CN=liar"',
                          name='api.example.test', port='partners', path='/x')
        self.assertIn('GET /partners/x, ', answer)
        self.assertRegex(answer, r'client: Hash=[0-9a-f]{64};Subject="CN=client\.example\.test"; scheme')

    def test_the_backend_is_asked_for_by_its_name(self):
        self.assertIn('for backend.example.test; client: ; scheme: https', self.ask())


class Replacement(Example):
    def test_certificates_are_made_once_and_replaced_without_a_restart(self):
        before = os.stat(self.file('www.pem')).st_mtime_ns
        self.make_certificates()
        self.assertEqual(os.stat(self.file('www.pem')).st_mtime_ns, before)
        for kind in ('key', 'pem'):
            replace(self.file('client.' + kind), self.file('www.' + kind))
        wait_for('the new certificate', lambda: s_client(
            self.sluice.port('https'), name='www.example.test').subject() == 'client.example.test')


class Script(unittest.TestCase):
    def test_it_uses_the_ports_of_the_configuration(self):
        script = read('run')
        for port in re.findall(r'port_value: (\d+)', read('sluice.textproto')):
            self.assertIn(port, script)


if __name__ == '__main__':
    unittest.main()
