"""Threads that request all the time, and what became of each request."""
import threading
import time

from .raw import Closed, RawConnection


class Outcome:
    def __init__(self, began, ended, status, complete, last_on_connection):
        self.began, self.ended = began, ended
        self.status, self.complete = status, complete
        self.last_on_connection = last_on_connection


class Load:
    """Connects at start; each thread then requests until told to stop or its connection ends.

    With `reconnect`, a thread whose connection was closed opens another one. `connect(port)` makes
    a connection.
    """

    def __init__(self, port, paths, threads=16, reconnect=False, connect=RawConnection):
        self.outcomes = []
        self.refused = 0
        self._stop = threading.Event()
        self._port, self._reconnect, self._opens = port, reconnect, connect
        self._threads = []
        for i in range(threads):
            connection = connect(port)
            self._threads.append(threading.Thread(
                target=self._run, args=(connection, paths[i % len(paths)]), daemon=True))
        for t in self._threads:
            t.start()

    def _run(self, connection, path):
        while not self._stop.is_set():
            try:
                self._exchanges(connection, path)
            finally:
                connection.close()
            if not self._reconnect or self._stop.is_set():
                return
            connection = self._connect()

    def _connect(self):
        while True:
            try:
                return self._opens(self._port)
            except OSError:
                self.refused += 1
                time.sleep(0.01)

    def _exchanges(self, connection, path):
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                r = connection.get(path)
            except (Closed, OSError):
                self.outcomes.append(Outcome(began, time.monotonic(), 0, False, True))
                return
            self.outcomes.append(Outcome(began, time.monotonic(), r.status, True, r.closes()))
            if r.closes():
                return

    def stop(self):
        self._stop.set()
        self.join()

    def join(self, seconds=30):
        deadline = time.monotonic() + seconds
        for t in self._threads:
            t.join(max(0, deadline - time.monotonic()))
            if t.is_alive():
                raise AssertionError('a client still waits for its answer')

    def failures(self):
        return [o for o in self.outcomes if not o.complete or o.status != 200]
