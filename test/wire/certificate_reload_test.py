"""Certificates that change on disk while requests go on: new connections get the new one, old ones
never notice."""
import os
import unittest

from wirelib.bootstrap import bootstrap, cluster, listener, route
from wirelib.certificates import Authority, Identity, replace
from wirelib.load import Load
from wirelib.origins import DemoBackend
from wirelib.processes import scratch_directory, wait_for
from wirelib.sluice import Sluice
from wirelib.tls import TlsConnection, certificate, client_context, downstream, s_client

WATCHED = '''tls_certificates { certificate_chain { filename: "%s/cert.pem" }
    private_key { filename: "%s/key.pem" } watched_directory { path: "%s" } }'''


class Reload(unittest.TestCase):
    def setUp(self):
        self.authority = Authority()
        self.first = self.authority.issue('wire.test')
        self.second = self.authority.issue('wire.test')
        self.backend = DemoBackend()
        self.addCleanup(self.backend.stop)
        self.directory = scratch_directory()

    def start(self, common):
        self.sluice = Sluice(bootstrap(
            listener('web', [route('/', 'backend')], chain=downstream(common)),
            cluster('backend', [self.backend.port])), concurrency=2)
        self.addCleanup(self.sluice.stop)

    def put(self, identity, directory):
        """The key first: a pair that does not fit is refused until the rest is there."""
        replace(identity.key, os.path.join(directory, 'key.pem'))
        replace(identity.certificate, os.path.join(directory, 'cert.pem'))

    def serial(self):
        """Of the certificate that a new connection is shown."""
        run = s_client(self.sluice.port(), '-CAfile', self.authority.certificate, '-showcerts')
        self.assertEqual((run.response(), run.verified()), (200, True))
        shown = os.path.join(self.directory, 'shown.pem')
        with open(shown, 'w') as f:
            f.write(run.output[run.output.index('-----BEGIN'):])
        return Identity(shown, None).serial()

    def change_under_load(self, change):
        """`change()` while requests go on, on old connections and on new ones."""
        context = client_context(self.authority)
        self.assertEqual(self.serial(), self.first.serial())
        load = Load(self.sluice.port(), ['/whoami', '/bytes/50000'], threads=8,
                    connect=lambda port: TlsConnection(port, context))
        connections = self.sluice.stat('http.web.downstream_cx_total')
        wait_for('100 requests', lambda: len(load.outcomes) > 100)
        change()
        wait_for('the new certificate', lambda: self.serial() == self.second.serial(), every=0.1)
        seen = len(load.outcomes)
        wait_for('100 more requests', lambda: len(load.outcomes) > seen + 100)
        load.stop()
        self.assertEqual(load.failures(), [])
        self.assertFalse(any(o.last_on_connection for o in load.outcomes))
        self.assertGreaterEqual(connections, 8)

    def test_files_that_are_replaced(self):
        self.put(self.first, self.directory)
        self.start(certificate(Identity(*(os.path.join(self.directory, f)
                                          for f in ('cert.pem', 'key.pem')))))
        self.change_under_load(lambda: self.put(self.second, self.directory))

    def test_a_symbolic_link_that_is_swapped_in_a_watched_directory(self):
        for name, identity in (('1', self.first), ('2', self.second)):
            os.mkdir(os.path.join(self.directory, name))
            self.put(identity, os.path.join(self.directory, name))
        current, following = (os.path.join(self.directory, n) for n in ('current', 'following'))
        os.symlink('1', current)
        self.start(WATCHED % (current, current, self.directory))

        def swap():
            os.symlink('2', following)
            os.rename(following, current)
        self.change_under_load(swap)

    def test_a_file_that_cannot_be_used_leaves_the_old_one_in_place(self):
        self.put(self.first, self.directory)
        path = os.path.join(self.directory, 'cert.pem')
        self.start(certificate(Identity(path, os.path.join(self.directory, 'key.pem'))))
        with open(path + '.new', 'w') as f:
            f.write('no certificate')
        os.rename(path + '.new', path)
        self.sluice.wait_for_output(path)  # a line in the log names the file
        self.assertEqual(self.serial(), self.first.serial())
        self.put(self.second, self.directory)
        wait_for('the new certificate', lambda: self.serial() == self.second.serial(), every=0.1)


class AtTheStart(unittest.TestCase):
    def test_a_file_that_cannot_be_used_is_an_error_with_its_name(self):
        authority = Authority()
        one, other = authority.issue('wire.test'), authority.issue('other.test')
        for identity, named in ((Identity('/nowhere/cert.pem', one.key), '/nowhere/cert.pem'),
                                (Identity(one.certificate, '/nowhere/key.pem'), '/nowhere/key.pem'),
                                (Identity(one.key, one.key), one.key),
                                (Identity(one.certificate, other.key), other.key)):
            sluice = Sluice(bootstrap(listener('web', [], chain=downstream(certificate(identity)))),
                            wait_until_ready=False)
            self.addCleanup(sluice.stop)
            self.assertNotEqual(sluice.exit_code(), 0)
            self.assertIn(named, sluice.output())


if __name__ == '__main__':
    unittest.main()
