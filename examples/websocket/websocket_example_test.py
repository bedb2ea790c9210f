"""Every line of this folder's README: a browser, Sluice, and the chat server."""
import json
import os
import re
import subprocess
import unittest

from wirelib.browser import Browser
from wirelib.h2_peers import curl
from wirelib.processes import Child, scratch_directory, tool, wait_for
from wirelib.sluice import Sluice

HERE = os.path.dirname(os.path.abspath(__file__))
WS_PACKAGE = os.path.dirname(os.path.abspath(os.environ['WS_PACKAGE']))
LINES = '[...document.querySelectorAll("#lines li")].map((l) => l.textContent)'
STATE = 'document.getElementById("state").textContent'
CONNECTED = STATE + '.startsWith("connected")'
UPGRADE = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket', '-H',
           'Sec-WebSocket-Version: 13', '-H', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']


def read(name):
    with open(os.path.join(HERE, name)) as f:
        return f.read()


def say(text):
    return ('(document.querySelector("input").value = %s, '
            'document.querySelector("form").requestSubmit(), true)' % json.dumps(text))


def heard(text):
    return LINES + '.includes(%s)' % json.dumps(text)


class ChatServer(Child):
    def __init__(self):
        super().__init__([tool('node'), os.path.join(HERE, 'chat.js'), '0'],
                         env={'WS_PACKAGE': WS_PACKAGE})
        text = self.wait_for_output('listens on')
        self.port = int(re.search(r'listens on (\d+)', text).group(1))


class Example(unittest.TestCase):
    def setUp(self):
        os.environ['WS_PACKAGE'] = WS_PACKAGE
        certificates = scratch_directory()
        subprocess.run([os.path.join(HERE, 'make_certificate'), certificates], check=True,
                       capture_output=True)
        self.chat = ChatServer()
        ports = {'9001': self.chat.port, '9901': 0, '10000': 0, '10443': 0}
        config = read('sluice.textproto').replace('certificates/', certificates + '/')
        self.sluice = Sluice(re.sub(r'(?<=port_value: )\d+', lambda m: str(ports[m.group()]),
                                    config))
        for p in (self.chat, self.sluice):
            self.addCleanup(p.stop)
        self.http = 'http://127.0.0.1:%d' % self.sluice.port('http')
        self.https = 'https://127.0.0.1:%d' % self.sluice.port('https')

    def browser(self, *args):
        browser = Browser(*args)
        self.addCleanup(browser.stop)
        return browser

    def upgrades(self, listener):
        return self.sluice.stat('http.%s.downstream_cx_upgrades_total' % listener)


class InTheBrowser(Example):
    def talk(self, browser, url):
        self.assertEqual(browser.look(url + '/', CONNECTED, heard('1 here'), say('hello'),
                                      heard('hello')), [True] * 4)

    def test_over_http(self):
        self.talk(self.browser(), self.http)
        self.assertEqual(self.upgrades('http'), 1)

    def test_over_https_it_is_a_stream_of_the_pages_connection(self):
        self.talk(self.browser(), self.https)
        self.assertEqual(self.upgrades('https'), 1)
        self.assertEqual(self.sluice.stat('http.https.downstream_rq_http1_total'), 0)
        self.assertGreaterEqual(self.sluice.stat('http.https.downstream_cx_http2_total'), 1)

    def test_over_https_and_http1_it_is_a_connection_of_its_own(self):
        self.talk(self.browser('--disable-http2'), self.https)
        self.assertEqual(self.upgrades('https'), 1)
        self.assertEqual(self.sluice.stat('http.https.downstream_cx_http2_total'), 0)

    def test_two_windows_hear_each_other(self):
        one, other = self.browser(), self.browser()
        self.assertEqual(one.look(self.http + '/', heard('1 here')), [True])
        self.assertEqual(other.look(self.https + '/', heard('2 here'), say('to all'),
                                    heard('to all')), [True] * 3)
        self.assertEqual(one.look_again(self.http + '/', heard('2 here'), heard('to all')),
                         [True] * 2)

    def test_echo_of_text_and_bytes(self):
        for url in (self.http, self.https):
            got = self.browser().look(url + '/', '''new Promise((resolve, reject) => {
                const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/echo');
                const bytes = new Uint8Array(200000).map((_, i) => i * 7);
                const heard = [];
                socket.binaryType = 'arraybuffer';
                socket.onopen = () => { socket.send('text'); socket.send(bytes); };
                socket.onerror = () => reject('error');
                socket.onmessage = ({data}) => {
                  heard.push(typeof data === 'string' ? data :
                      new Uint8Array(data).every((b, i) => b === bytes[i]) && data.byteLength);
                  if (heard.length === 2) socket.close(4000, 'enough');
                };
                socket.onclose = ({code, wasClean}) => resolve([...heard, code, wasClean]);
              })''')
            self.assertEqual(got, [['text', 200000, 4000, True]])

    def test_the_server_stops(self):
        browser = self.browser()
        browser.look(self.http + '/', CONNECTED)
        self.chat.kill()
        state, = browser.look_again(self.http + '/', STATE + '.startsWith("closed") && ' + STATE)
        self.assertRegex(state, r'^closed with \d{4}; again in a second$')


class OnTheCommandLine(Example):
    def test_curl_sees_the_messages(self):
        curl_process = subprocess.Popen(
            [tool('curl'), '-sS', '-i', '-N', '--max-time', '30', *UPGRADE, self.http + '/chat'],
            stdout=subprocess.PIPE)
        self.addCleanup(curl_process.stdout.close)
        self.addCleanup(curl_process.wait)
        self.addCleanup(curl_process.kill)
        self.assertTrue(curl_process.stdout.readline().startswith(b'HTTP/1.1 101 '))
        while curl_process.stdout.readline() != b'\r\n':
            pass
        self.assertEqual(curl_process.stdout.read1(8), b'\x81\x061 here')

    def test_what_is_no_websocket_gets_the_servers_answers(self):
        answer = curl('-i', self.http + '/chat').decode()
        self.assertTrue(answer.startswith('HTTP/1.1 426 '), answer)
        self.assertIn('This is a WebSocket.', answer)
        answer = curl('-i', *UPGRADE, self.http + '/elsewhere').decode()
        self.assertTrue(answer.startswith('HTTP/1.1 404 '), answer)
        self.assertIn('Nobody talks here.', answer)

    def test_a_tunnels_end_is_logged(self):
        curl('-N', '--max-time', '1', *UPGRADE, self.http + '/chat', expect=(28,))
        wait_for('a line', lambda: re.search(r'^HTTP/1\.1 /chat 101 in:0 out:8 \d+ms$',
                                             self.sluice.output(), re.M))


class OnTheAdminPort(Example):
    """The browser's WebSocket goes through the listener of plain HTTP."""

    def page(self, path):
        status, body = self.sluice.admin(path)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def test_tunnels_shows_what_is_open(self):
        browser = self.browser()
        self.assertEqual(browser.look(self.http + '/', heard('1 here'), say('hello'),
                                      heard('hello')), [True] * 3)
        tunnel, = self.page('/tunnels')['tunnels']
        self.assertEqual(tunnel['cluster'], 'chat')
        self.assertEqual(tunnel['upstream'], '127.0.0.1:%d' % self.chat.port)
        self.assertRegex(tunnel['client'], r'^127\.0\.0\.1:\d+$')
        self.assertGreater(tunnel['age_seconds'], 0)
        self.assertEqual(int(tunnel['websocket']['messages_received']), 1)
        self.assertEqual(int(tunnel['websocket']['messages_sent']), 2)
        self.assertGreater(int(tunnel['bytes_sent']), 0)

    def test_closes_shows_how_they_ended(self):
        self.assertEqual(self.page('/closes').get('closes', []), [])
        got = self.browser().look(self.http + '/', '''new Promise((resolve) => {
            const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/echo');
            socket.onopen = () => socket.close(4000, 'enough');
            socket.onclose = ({code}) => resolve(code);
          })''')
        self.assertEqual(got, [4000])

        def closed():
            return [c for c in self.page('/closes').get('closes', []) if c['code'] == 4000]
        wait_for('the close', closed)
        close, = closed()
        self.assertEqual(close['ended_by'], 'client')
        self.assertEqual(close['details'], 'via_upstream')
        self.assertEqual(close['tunnel']['cluster'], 'chat')


class Script(unittest.TestCase):
    def test_it_uses_the_ports_of_the_configuration(self):
        script = read('run')
        for port in re.findall(r'port_value: (\d+)', read('sluice.textproto')):
            self.assertIn(port, script)

    def test_it_says_what_the_readme_says(self):
        script, lines = read('run'), [
            s.strip(' \\') for s in re.findall(r'^    (.*)$', read('README.md'), re.M)]
        self.assertEqual([s for s in lines if s not in script],
                         ['tools/dev run examples/websocket'])


if __name__ == '__main__':
    unittest.main()
