"""Certificates made while a test runs, by the openssl command: no key is kept in the repository."""
import os
import subprocess
import time

from .processes import scratch_directory, tool

CONFIG = '''
[ca]
default_ca = here
[here]
new_certs_dir = %(d)s
database = %(d)s/index
serial = %(d)s/serial
crlnumber = %(d)s/crlnumber
certificate = %(d)s/ca.pem
private_key = %(d)s/ca.key
default_md = sha256
default_crl_days = 2
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
'''
KEYS = {'ec': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
        'rsa': ['-newkey', 'rsa:2048']}


def openssl(*args, data=None):
    r = subprocess.run([tool('openssl'), *args], input=data, capture_output=True)
    if r.returncode:
        raise AssertionError('openssl %s: %s' % (' '.join(args), r.stderr.decode()))
    return r.stdout


def _time(from_now):
    return time.strftime('%Y%m%d%H%M%SZ', time.gmtime(time.time() + from_now))


class Identity:
    """A key and its certificate, as files."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key

    def _of_certificate(self, *args):
        return openssl('x509', '-in', self.certificate, '-noout', *args).decode().strip()

    def serial(self):
        return self._of_certificate('-serial').partition('=')[2]

    def sha256(self):
        """Lower-case hexadecimal of the certificate's digest."""
        return self._of_certificate('-fingerprint', '-sha256').partition('=')[2].replace(
            ':', '').lower()

    def spki(self):
        """Base64 of the public key's SHA-256."""
        public = openssl('pkey', '-pubin', '-outform', 'DER',
                         data=self._of_certificate('-pubkey').encode())
        digest = openssl('dgst', '-sha256', '-binary', data=public)
        return openssl('base64', '-A', data=digest).decode()


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, name='wire test authority'):
        self.directory = d = scratch_directory()
        self.config = os.path.join(d, 'config')
        for file, text in (('config', CONFIG % {'d': d}), ('index', ''), ('serial', '1000\n'),
                           ('crlnumber', '01\n')):
            with open(os.path.join(d, file), 'w') as f:
                f.write(text)
        self.certificate, self.key = os.path.join(d, 'ca.pem'), os.path.join(d, 'ca.key')
        openssl('req', '-x509', '-nodes', '-days', '2', '-config', self.config, '-extensions',
                'authority', '-subj', '/CN=' + name, *KEYS['ec'], '-keyout', self.key, '-out',
                self.certificate)
        self._issued = 0

    def issue(self, name, alternatives=None, kind='ec', starts=-3600, ends=86400):
        """`alternatives` as openssl writes subjectAltName; `starts`, `ends`: seconds from now."""
        self._issued += 1
        at = os.path.join(self.directory, '%d-' % self._issued)
        request, extensions = at + 'request', at + 'extensions'
        identity = Identity(at + 'cert.pem', at + 'key.pem')
        with open(extensions, 'w') as f:
            f.write('subjectAltName = %s\nbasicConstraints = CA:false\n' %
                    (alternatives or 'DNS:' + name))
        openssl('req', '-nodes', '-config', self.config, '-subj', '/CN=' + name, *KEYS[kind],
                '-keyout', identity.key, '-out', request)
        openssl('ca', '-batch', '-notext', '-config', self.config, '-in', request, '-out',
                identity.certificate, '-extfile', extensions, '-startdate', _time(starts),
                '-enddate', _time(ends))
        return identity

    def revocations(self, *identities):
        """A file: the list of these and all that were revoked before."""
        for identity in identities:
            openssl('ca', '-config', self.config, '-revoke', identity.certificate)
        path = os.path.join(self.directory, 'crl.pem')
        openssl('ca', '-config', self.config, '-gencrl', '-out', path)
        return path

    def ocsp_response(self, identity):
        """A file: what this authority says of the certificate, in DER."""
        request, path = identity.certificate + '.ocspq', identity.certificate + '.ocsp'
        openssl('ocsp', '-issuer', self.certificate, '-cert', identity.certificate, '-no_nonce',
                '-reqout', request)
        openssl('ocsp', '-index', os.path.join(self.directory, 'index'), '-rsigner',
                self.certificate, '-rkey', self.key, '-CA', self.certificate, '-reqin', request,
                '-respout', path, '-ndays', '1')
        return path


def replace(source, target):
    """Puts a copy of one file under the name of another, at once."""
    temporary = target + '.new'
    with open(source, 'rb') as s, open(temporary, 'wb') as t:
        t.write(s.read())
    os.replace(temporary, target)
