"""A real Gunicorn in a process of its own, with the configuration that a host gets, and requests to it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass.settings import Gunicorn
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = """
import os, time

def app(environ, start_response):
    seconds = float(environ["PATH_INFO"].strip("/") or 0)
    if seconds:
        open(f"begun-{time.monotonic_ns()}", "w").close()
    time.sleep(seconds)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


class GunicornProcess:
    """`workers` with two threads each, whose app sleeps for the seconds in the path and answers with its id."""

    def __init__(self, folder: Path, source: str = APP, workers: int = 1, **settings: Any) -> None:
        self._socket = str(folder / "app.sock")
        self._log = folder / "log"
        (folder / "sleeper.py").write_text(source)
        (folder / "gunicorn.conf.py").write_text(
            render(
                "gunicorn.conf.py.j2",
                name="sleeper",
                wsgi="sleeper:app",
                workers=workers,
                threads=2,
                gunicorn=Gunicorn(**settings),
                graceful_timeout=10,
            )
        )
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "gunicorn", "--bind", f"unix:{self._socket}"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(folder)},
                stderr=log,
                stdout=log,
            )
        self._wait()

    def ask(self, seconds: float = 0) -> int:
        """Has the app sleep; gives back the worker's process id. Raises OSError or HTTPException when none answers."""
        with closing(_Connection(self._socket)) as connection:
            connection.request("GET", f"/{seconds}")
            answer = connection.getresponse()
            assert answer.status == 200
            return int(answer.read())

    def until_begun(self, number: int) -> None:
        """Returns when so many requests that sleep have reached the app."""
        deadline = time.monotonic() + 60
        while len(list(self._log.parent.glob("begun-*"))) < number:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def stop(self) -> None:
        """Has it finish its requests and end."""
        self.process.send_signal(signal.SIGTERM)

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ask()
            except OSError:
                assert time.monotonic() < deadline, self.log
                assert self.process.poll() is None, self.log
                time.sleep(0.05)
            else:
                return


@contextmanager
def gunicorn(folder: Path, source: str = APP, workers: int = 1, **settings: Any) -> Iterator[GunicornProcess]:
    """One that is ended with the block; `settings` are those of an app's `gunicorn`."""
    made = GunicornProcess(folder, source, workers, **settings)
    try:
        yield made
    finally:
        made.stop()
        try:
            made.process.wait(60)
        except subprocess.TimeoutExpired:
            made.process.kill()
            made.process.wait()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
