"""What the machine or the operator can do wrong: the message says what and where."""
import os
import socket
import subprocess
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, one_route_to, route
from wirelib.certificates import Authority
from wirelib.origins import DemoBackend, free_port
from wirelib.processes import scratch_directory, wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice, sluice_binary
from wirelib.tls import certificate, downstream, upstream, validation


def run(*args):
    return subprocess.run([sluice_binary()] + list(args), capture_output=True, text=True,
                          timeout=60)


def write(name, content):
    path = os.path.join(scratch_directory(), name)
    with open(path, 'wb') as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


class Validation(unittest.TestCase):
    # It used to end by a signal: the workers had never seen the cluster whose files are watched.
    def test_certificates_in_files(self):
        authority = Authority()
        identity = authority.issue('wire.test')
        for chain, more in ((downstream(certificate(identity)), ''),
                            ('', upstream(certificate(identity) + validation(authority)))):
            path = write('tls.textproto', bootstrap(
                listener('web', [route('/', 'origin')], chain=chain),
                cluster('origin', [80], more=more)))
            r = run('--mode', 'validate', '-c', path)
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)


class BadConfiguration(unittest.TestCase):
    def refusal(self, *args):
        r = run(*args)
        self.assertNotEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertGreater(r.returncode, 0, 'ended by signal: ' + r.stderr)
        return r.stdout + r.stderr

    def test_a_file_that_is_not_there(self):
        self.assertIn('/nowhere/b.textproto', self.refusal('-c', '/nowhere/b.textproto'))

    def test_a_directory(self):
        d = scratch_directory()
        self.assertIn(d, self.refusal('-c', d))

    def test_no_configuration_at_all(self):
        self.refusal()

    def test_a_truncated_file(self):
        path = write('cut.textproto', one_route_to(80)[:400])
        self.assertIn('cut.textproto', self.refusal('-c', path))

    def test_binary_rubbish(self):
        path = write('rubbish.textproto', os.urandom(2000))
        self.assertIn('rubbish.textproto', self.refusal('-c', path))

    def test_an_unknown_field_is_named(self):
        path = write('b.textproto', one_route_to(80).replace('connect_timeout', 'conect_timeout'))
        self.assertIn('conect_timeout', self.refusal('-c', path))

    def test_an_unknown_extension_is_named(self):
        path = write('b.textproto', one_route_to(80).replace(
            'filters.http.router.v3.Router', 'filters.http.rooter.v3.Rooter'))
        self.assertIn('rooter', self.refusal('-c', path))

    def test_a_route_to_a_cluster_that_is_not_there(self):
        path = write('b.textproto', bootstrap(listener('web', [route('/', 'nobody')])))
        self.assertIn('nobody', self.refusal('--mode', 'validate', '-c', path))

    def test_validation_of_a_good_file_binds_nothing(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            path = write('b.textproto', bootstrap(
                listener('web', [route('/', 'origin')], port=port), cluster('origin', [80])))
            r = run('--mode', 'validate', '-c', path)
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)


class PortsInUse(unittest.TestCase):
    def test_a_listener_and_the_admin_address(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            for config in (
                    bootstrap(listener('web', [route('/', 'origin')], port=port),
                              cluster('origin', [80])),
                    bootstrap(listener('web', [route('/', 'origin')]), cluster('origin', [80]),
                              admin_port=port)):
                r = run('-c', write('b.textproto', config))
                self.assertGreater(r.returncode, 0, r.stdout + r.stderr)
                self.assertIn('127.0.0.1:%d' % port, r.stdout + r.stderr)


class Names(unittest.TestCase):
    def test_one_that_does_not_resolve_leaves_the_rest_working(self):
        backend = DemoBackend()
        self.addCleanup(backend.stop)
        sluice = Sluice(bootstrap(
            listener('web', [route('/lost', 'lost'), route('/local', 'local'),
                             route('/', 'origin')]),
            cluster('lost', [('no-such-host.invalid', 80)], kind='STRICT_DNS'),
            cluster('local', [('localhost', backend.port)], kind='STRICT_DNS',
                    more='dns_lookup_family: V4_ONLY'),
            cluster('origin', [backend.port])))
        self.addCleanup(sluice.stop)
        with RawConnection(sluice.port()) as c:
            self.assertEqual(c.get('/whoami').status, 200)
            self.assertEqual(c.get('/lost').status, 503)
            wait_for('localhost to be resolved', lambda: c.get('/local').status == 404)
            self.assertEqual(c.get('/whoami').status, 200)
        self.assertIn('lost', sluice.admin('/clusters')[1])


class Refused(unittest.TestCase):
    def test_a_backend_that_is_not_there_is_503_at_once(self):
        sluice = Sluice(one_route_to(free_port()))
        self.addCleanup(sluice.stop)
        with RawConnection(sluice.port()) as c:
            for _ in range(3):
                self.assertEqual(c.get('/').status, 503)
        self.assertEqual(sluice.stat('http.web.downstream_rq_5xx'), 3)


if __name__ == '__main__':
    unittest.main()
