"""The app under a real Gunicorn with several processes and threads, as it runs in production."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from .conftest import SOURCE, TOKEN

CLIENTS = 8
LINKS = 30
VISITS = 25


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the Unix socket at `path`."""

    def __init__(self, path):
        super().__init__("short.example", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, method, address, body=None, headers=None):
    """(status, headers, text) of one request on a connection of its own."""
    connection = UnixConnection(path)
    try:
        connection.request(method, address, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def served(app, environ, tmp_path):
    """The path of the socket where four workers with two threads each serve."""
    path = f"{tmp_path}/app.sock"
    command = ["-m", "gunicorn", "--no-control-socket", "--worker-class=gthread", "--workers=4", "--threads=2"]
    server = subprocess.Popen(
        [sys.executable, *command, f"--bind=unix:{path}", "shortener:create_app()"],
        cwd=SOURCE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not os.path.exists(path):
        assert time.monotonic() < deadline, "Gunicorn did not start"
        time.sleep(0.05)
    yield path
    server.send_signal(signal.SIGTERM)
    log = server.communicate(timeout=30)[1]
    assert server.returncode == 0, log
    assert "Traceback" not in log, log


def test_workers_at_once_lose_nothing(served):
    _, headers, page = ask(served, "GET", "/")
    cookie = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    form = cookie | {"Content-Type": "application/x-www-form-urlencoded"}
    token = TOKEN.search(page).group(1)

    def create(number):
        """Every client makes the same links, so that each is wanted by several workers at the same moment."""
        body = urlencode({"csrf_token": token, "target": f"https://example.com/{number % LINKS}"})
        return number % LINKS, ask(served, "POST", "/", body, form)

    def visit(code):
        return ask(served, "GET", code)[0]

    with ThreadPoolExecutor(CLIENTS) as clients:
        made = list(clients.map(create, [number for number in range(LINKS) for _ in range(CLIENTS)]))
        assert {status for _, (status, _, _) in made} == {303}
        pages = {number: answer[1]["Location"] for number, answer in made}
        assert len({(number, answer[1]["Location"]) for number, answer in made}) == LINKS
        assert len(set(pages.values())) == LINKS
        codes = [page.removeprefix("/links") for page in pages.values()]
        assert set(clients.map(visit, codes * VISITS)) == {302}

    for page in pages.values():
        assert f"<dd>{VISITS}</dd>" in ask(served, "GET", page)[2]
