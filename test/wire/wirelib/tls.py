"""TLS in configurations, and the openssl command as a client."""
import os
import re
import ssl
import subprocess

from .processes import scratch_directory, tool
from .raw import RawConnection

EXTENSION = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.'
HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'


def certificate(identity, more=''):
    return ('tls_certificates { certificate_chain { filename: "%s" } '
            'private_key { filename: "%s" } %s }' % (identity.certificate, identity.key, more))


def validation(authority, more=''):
    return 'validation_context { trusted_ca { filename: "%s" } %s }' % (authority.certificate, more)


def _socket(kind, common, alpn, more):
    names = ' '.join('alpn_protocols: "%s"' % a for a in alpn)
    return ('transport_socket { name: "envoy.transport_sockets.tls" typed_config { [%s%s] '
            '{ common_tls_context { %s %s } %s } } }' % (EXTENSION, kind, names, common, more))


def downstream(common, alpn=('h2', 'http/1.1'), more=''):
    """A filter chain's transport socket; `common`: fields of CommonTlsContext."""
    return _socket('DownstreamTlsContext', common, alpn, more)


def upstream(common='', alpn=(), more=''):
    """A cluster's transport socket."""
    return _socket('UpstreamTlsContext', common, alpn, more)


def protocol(config):
    """A cluster's HttpProtocolOptions."""
    return ('typed_extension_protocol_options { key: "%s" value { [type.googleapis.com/%s] { %s } '
            '} }' % (HTTP_OPTIONS, HTTP_OPTIONS, config))


HTTP2_UPSTREAM = protocol('explicit_http_config { http2_protocol_options {} }')
AUTO_UPSTREAM = protocol('auto_config { http_protocol_options {} http2_protocol_options {} }')
DOWNSTREAMS_PROTOCOL = protocol('use_downstream_protocol_config { http_protocol_options {} '
                                'http2_protocol_options {} }')


class ClientRun:
    """What openssl s_client said of one connection."""

    def __init__(self, output, errors, code):
        self.output, self.errors, self.code = output, errors, code

    def _find(self, pattern):
        found = re.search(pattern, self.output, re.M)
        return found.group(1).strip() if found else None

    def done(self):
        """Whether the handshake came to its end."""
        return self.version() is not None

    def version(self):
        return self._find(r'^(?:New|Reused), (TLSv[\d.]+), Cipher is')

    def cipher(self):
        return self._find(r'^(?:New|Reused), TLSv[\d.]+, Cipher is (\S+)')

    def reused(self):
        return self._find(r'^(New|Reused), TLSv') == 'Reused'

    def alpn(self):
        return self._find(r'^ALPN protocol: (.*)')

    def subject(self):
        return self._find(r'^subject=(?:CN = )?(.*)')

    def key_exchange(self):
        return self._find(r'^Server Temp Key: ([^,\n]*)')

    def verified(self):
        return self._find(r'^\s*Verif\w+(?: return code)?: (?:0 \()?(\w+)') in ('OK', 'ok')

    def alert(self):
        """The number of the alert that the server sent."""
        found = re.search(r'SSL alert number (\d+)', self.output + self.errors)
        return int(found.group(1)) if found else None

    def response(self):
        # s_client writes it in between what it prints of tickets, anywhere in a line
        found = re.search(r'HTTP/1\.\d (\d+)', self.output)
        return int(found.group(1)) if found else None


def s_client(port, *args, path='/', name='wire.test', request=True):
    """Connects, asks once over HTTP/1.1, and reads to the end of the connection."""
    data = 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' % (path, name)
    r = subprocess.run([tool('openssl'), 's_client', '-connect', '127.0.0.1:%d' % port] +
                       ([] if '-noservername' in args else ['-servername', name]) +
                       (['-ign_eof'] if request else []) + list(args),
                       input=data.encode() if request else b'', capture_output=True, timeout=20)
    return ClientRun(r.stdout.decode('latin-1'), r.stderr.decode('latin-1'), r.returncode)


def resume(port, *args, **kw):
    """Two connections, the second with the session of the first."""
    session = os.path.join(scratch_directory(), 'session')
    first = s_client(port, *args, '-sess_out', session, **kw)
    kept = ('-sess_in', session) if os.path.exists(session) else ()
    return first, s_client(port, *args, *kept, **kw)


def client_context(authority=None, identity=None, alpn=(), version=None):
    """For Python's own TLS; without an authority every certificate will do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        context.load_verify_locations(authority.certificate)
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if identity:
        context.load_cert_chain(identity.certificate, identity.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class TlsConnection(RawConnection):
    """RawConnection over TLS."""

    def __init__(self, port, context, name='wire.test', **kw):
        super().__init__(port, **kw)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name)
        except OSError:
            self.close()
            raise
