"""The admin port as a process has it: its access log, and a Unix socket in place of a port."""
import os
import stat
import unittest

from wirelib.bootstrap import bootstrap, cluster
from wirelib.processes import scratch_directory, wait_for
from wirelib.raw import RawConnection
from wirelib.sluice import Sluice

FILE_LOG = ('access_log { name: "file" typed_config { '
            '[type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog] { '
            'path: "%s" log_format { text_format_source { inline_string: "%%REQ(:PATH)%%\\n" } } '
            '} } }')


class Admin(unittest.TestCase):
    def setUp(self):
        self.folder = scratch_directory()

    def start(self, admin):
        sluice = Sluice(bootstrap(cluster('origin', [1]), admin=admin),
                        args=('--file-flush-interval-msec', '50'))
        self.addCleanup(sluice.stop)
        return sluice

    def logged(self, path, words):
        def has_line():
            with open(path) as f:
                return words in f.read()
        wait_for('%s in %s' % (words, path), has_line)

    def test_requests_are_logged(self):
        log, by_path = (os.path.join(self.folder, name) for name in ('log', 'by_path'))
        sluice = self.start('%s access_log_path: "%s"' % (FILE_LOG % log, by_path))
        sluice.admin('/server_info?who=asks')
        self.logged(log, '/server_info?who=asks\n')
        self.logged(by_path, '"GET /server_info?who=asks HTTP/1.1" 200')

    def test_a_unix_socket_serves_in_place_of_a_port(self):
        path = os.path.join(self.folder, 'admin.sock')
        config = 'admin { address { pipe { path: "%s" mode: 420 } } }\n' % path  # 0644, as Contour's
        sluice = Sluice(config, wait_until_ready=False)
        self.addCleanup(sluice.stop)
        wait_for('the admin socket', lambda: os.path.exists(path))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o644)
        with RawConnection(path) as c:
            self.assertEqual(c.get('/ready').status, 200)

    def start_with_many_clusters(self):
        sluice = Sluice(bootstrap(*[cluster('cluster-%03d' % i, [1]) for i in range(300)]))
        self.addCleanup(sluice.stop)
        return sluice

    def test_a_long_page_goes_out_as_it_is_read(self):
        sluice = self.start_with_many_clusters()
        with RawConnection(int(sluice.admin_address().rsplit(':', 1)[1])) as reader:
            reader.send(b'GET /stats HTTP/1.1\r\nhost: admin\r\n\r\n')
            # Nobody reads, and others are served.
            for _ in range(20):
                self.assertEqual(sluice.admin('/ready')[0], 200)
            page = reader.read_response()
            names = [line.split(b': ')[0] for line in page.body.splitlines()]
            self.assertGreater(len(page.body), 1 << 20)
            self.assertEqual(len(names), len(set(names)))
            for i in range(300):
                self.assertIn(b'cluster.cluster-%03d.upstream_rq_total' % i, names)
            self.assertEqual(reader.get('/ready').status, 200)

    def test_who_leaves_in_the_middle_of_a_long_page_costs_nothing(self):
        sluice = self.start_with_many_clusters()
        for _ in range(5):
            with RawConnection(int(sluice.admin_address().rsplit(':', 1)[1])) as reader:
                reader.send(b'GET /stats HTTP/1.1\r\nhost: admin\r\n\r\n')
                reader.exactly(100000)
        self.assertEqual(sluice.admin('/ready')[0], 200)


if __name__ == '__main__':
    unittest.main()
