"""The app under a real Gunicorn, and a client for its Unix socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

from .conftest import SOURCE


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the Unix socket at `path`."""

    def __init__(self, path):
        super().__init__("short.example", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, method, address, body=None, headers=None):
    """(status, headers, text) of one request on a connection of its own."""
    connection = UnixConnection(path)
    try:
        # Who has heard enough answers, and reads no more.
        with suppress(BrokenPipeError):
            connection.request(method, address, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


class Server:
    """A running Gunicorn; `log` holds its stdout as JSON and `said` its stderr, once it has ended."""

    def __init__(self, environ, folder, *options, bind=None):
        self.socket = f"{folder}/app.sock"
        self.out = open(f"{folder}/out", "w+")  # noqa: SIM115
        self.err = open(f"{folder}/err", "w+")  # noqa: SIM115
        command = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "--worker-class=gthread",
            *options,
        ]
        self.process = subprocess.Popen(
            [*command, f"--bind={bind or 'unix:' + self.socket}", "shortener:create_app()"],
            cwd=SOURCE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ},
            stdout=self.out,
            stderr=self.err,
        )

    def wait_until_listening(self, wanted="Listening at"):
        """Gunicorn says so when the socket is there; what comes then waits for the first worker."""
        deadline = time.monotonic() + 60
        while wanted not in self.said:
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.05)

    @property
    def said(self):
        self.err.seek(0)
        return self.err.read()

    @property
    def log(self):
        self.out.seek(0)
        return [json.loads(line) for line in self.out]

    def stop(self):
        """As systemd does it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextmanager
def serving(environ, folder, *options, bind=None):
    """A Server for as long as it is needed; that it ends well is checked."""
    server = Server(environ, folder, *options, bind=bind)
    try:
        server.wait_until_listening()
        yield server
    finally:
        server.stop()
        said = server.said
        log = server.log
        server.out.close()
        server.err.close()
    assert server.process.returncode == 0, said
    assert "Traceback" not in said, said
    assert not [entry for entry in log if "exception" in entry], log
