"""Is it up, and does it answer what it should?"""
import socket
import time


def http_get(port, path='/b/64', host='bench.test'):
    """One request over a fresh connection; (status, body length)."""
    request = 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' % (path, host)
    with socket.create_connection(('127.0.0.1', port), timeout=3) as s:
        s.sendall(request.encode())
        b = b''
        while True:
            d = s.recv(65536)
            if not d:
                break
            b += d
    head, _, body = b.partition(b'\r\n\r\n')
    return int(head.split()[1]) if head else 0, len(body)


def wait_ready(port, proc, path='/b/64', host='bench.test', seconds=15, http=True):
    end = time.time() + seconds
    status = None
    while time.time() < end:
        if proc.poll() is not None:
            raise RuntimeError('exited with %s at start' % proc.returncode)
        try:
            if not http:
                socket.create_connection(('127.0.0.1', port), timeout=1).close()
                return
            status, _ = http_get(port, path, host)
            if status == 200:
                return
            if status == 404:
                raise RuntimeError('answers 404')
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError('not ready on port %d (last status %s)' % (port, status))
