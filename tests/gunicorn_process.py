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
import os, threading, time

def app(environ, start_response):
    how, _, seconds = environ["PATH_INFO"].strip("/").partition("/")
    seconds = float(seconds or 0)
    who = str(os.getpid()).encode()
    print("begun", environ["PATH_INFO"], flush=True)
    if how == "stream":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return stream(who, seconds)
    if how == "locked":
        threading.Event().wait()
    time.sleep(seconds)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [who]

def stream(who, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield who + b" "
        time.sleep(0.2)
"""


class GunicornProcess:
    """`workers` with two threads each, whose app does what the path says and answers with the worker's id.

    `/slow/SECONDS` sleeps, `/stream/SECONDS` sends as long, `/locked` never comes back; or another one, as `source` has
    it. `own` is the text of the app's gunicorn.conf.py, with those `hooks`; `patience` is what nginx waits (seconds).
    """

    def __init__(
        self,
        folder: Path,
        source: str = APP,
        workers: int = 1,
        *,
        patience: int,
        own: str = "",
        hooks: tuple[str, ...] = (),
        **settings: Any,
    ) -> None:
        self._socket = str(folder / "app.sock")
        self._log = folder / "log"
        (folder / "waiter.py").write_text(source)
        (folder / "gunicorn.conf.py").write_text(own)
        gunicorn = Gunicorn(**settings)
        (folder / "ours.py").write_text(
            render(
                "gunicorn.conf.py.j2",
                name="waiter",
                wsgi="waiter:app",
                workers=workers,
                alone=None,
                threads=1 if gunicorn.worker_class == "sync" else 2,
                gunicorn=gunicorn,
                graceful_timeout=settings.get("graceful_timeout", 10),
                patience=patience,
                hooks=hooks,
            )
        )
        with self._log.open("wb") as log, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(str(folder / "notify"))
            self._notified = systemd.dup()
            self.process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "gunicorn"),
                    *("--config", "ours.py", "--bind", f"unix:{self._socket}"),
                ],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(folder), "NOTIFY_SOCKET": str(folder / "notify")},
                stderr=log,
                stdout=log,
            )
        try:
            self._wait()
        except BaseException:
            self.end()
            raise

    def ask(self, path: str = "/0", **headers: str) -> int:
        """The worker that answers, by its process id. Raises OSError or HTTPException when none does."""
        with closing(_Connection(self._socket)) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200
            return int(answer.read().split()[-1])

    def stop(self) -> None:
        """Has it finish its requests and end."""
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Ends it, at once if need be."""
        self.stop()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._notified.close()

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def await_words(self, words: str, times: int = 1) -> None:
        """Waits until it has said them so often."""
        deadline = time.monotonic() + 60
        while self.log.count(words) < times:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def status(self) -> str:
        """What systemd would show, once it has been told; waits for it."""
        self._notified.settimeout(60)
        while not (said := self._notified.recv(4096).decode()).startswith("STATUS=workers"):
            pass
        return said

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
def gunicorn(
    folder: Path, source: str = APP, workers: int = 1, *, patience: int = 60, **how: Any
) -> Iterator[GunicornProcess]:
    """One that is ended with the block; see GunicornProcess, and settings of an app's `gunicorn`."""
    made = GunicornProcess(folder, source, workers, patience=patience, **how)
    try:
        yield made
    finally:
        made.end()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
