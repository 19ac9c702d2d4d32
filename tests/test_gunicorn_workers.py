"""Real workers of Gunicorn with the configuration of a host: which of them are replaced, and what is told of it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.gunicorn_process import gunicorn

NO_ANSWER = (OSError, http.client.HTTPException)


@pytest.mark.parametrize("path", ["/locked", "/slow/600"])
def test_a_worker_all_of_whose_threads_hang_is_replaced(tmp_path: Path, path: str) -> None:
    with gunicorn(tmp_path, patience=2) as server, ThreadPoolExecutor(2) as pool:
        first = server.ask()
        hanging = [pool.submit(server.ask, path) for _ in range(2)]
        assert all(isinstance(each.exception(), NO_ANSWER) for each in hanging)
        assert server.ask() != first
        words = f"windlass: worker {first} hangs and is replaced: no byte was sent for 2 s, with all its threads busy: "
        assert re.search(rf"{words}GET {path} \(\d+ s\), GET {path} \(\d+ s\)\n", server.log)
        # Where each of them hangs.
        assert len(re.findall(r'waiter.py", line \d+ in app', server.log)) == 2
        assert re.fullmatch(r"STATUS=workers lost: 1, the last at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", server.status())
        assert server.process.poll() is None


@pytest.mark.parametrize("kind", ["gthread", "sync"])
def test_streams_may_take_their_time(tmp_path: Path, kind: str) -> None:
    with gunicorn(tmp_path, patience=5, timeout=2, worker_class=kind) as server, ThreadPoolExecutor(2) as pool:
        first = server.ask()
        assert set(pool.map(server.ask, ["/stream/8", "/stream/8"])) == {first}
        assert "hangs" not in server.log
        assert "WORKER TIMEOUT" not in server.log


def test_websockets_may_be_silent(tmp_path: Path) -> None:
    with gunicorn(tmp_path, patience=2) as server, ThreadPoolExecutor(2) as pool:
        first = server.ask()
        open_ones = [pool.submit(server.ask, "/slow/6", Upgrade="websocket", Connection="Upgrade") for _ in range(2)]
        assert [each.result() for each in open_ones] == [first, first]
        assert "hangs" not in server.log


def test_a_request_may_be_longer_than_gunicorns_own_limit(tmp_path: Path) -> None:
    with gunicorn(tmp_path, timeout=2, worker_class="sync") as server:
        assert server.ask() == server.ask("/slow/5") == server.ask()
        assert "WORKER TIMEOUT" not in server.log


def test_one_thread_that_still_serves_keeps_a_worker(tmp_path: Path) -> None:
    with gunicorn(tmp_path, patience=2) as server, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(server.ask, "/slow/5")
        served = set()
        while not slow.done():
            served.add(server.ask("/slow/0.2"))
        assert {*served, server.ask()} == {slow.result()}
        assert "hangs" not in server.log


def test_a_worker_that_stops_may_take_its_graceful_timeout(tmp_path: Path) -> None:
    with gunicorn(tmp_path, patience=1) as server, ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(server.ask, "/stream/4") for _ in range(2)]
        server.await_words("begun /stream", 2)
        server.stop()
        assert slow[0].result() == slow[1].result()
        assert "hangs" not in server.log


def test_a_worker_is_replaced_after_max_requests_and_is_not_lost(tmp_path: Path) -> None:
    with gunicorn(tmp_path, max_requests=10, max_requests_jitter=0) as server:
        assert len({server.ask() for _ in range(35)}) >= 3
        os.kill(server.ask(), signal.SIGKILL)
        assert server.status().startswith("STATUS=workers lost: 1, ")


ONCE = """
import os, time

if not os.path.exists("table"):
    time.sleep(0.2)
    os.mkdir("table")  # raises FileExistsError where two do it at once
with open("loaded", "a") as file:
    file.write("x")

def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "1")])
    return [b"1"]
"""


def test_one_worker_loads_the_app_before_the_others(tmp_path: Path) -> None:
    with gunicorn(tmp_path, ONCE, workers=4) as server:
        deadline = time.monotonic() + 120
        while (tmp_path / "loaded").read_text() != "xxxx":
            assert time.monotonic() < deadline, server.log
            time.sleep(0.05)
        assert "FileExistsError" not in server.log


def test_what_is_not_answered_in_time_is_told_and_cut(tmp_path: Path) -> None:
    with gunicorn(tmp_path, graceful_timeout=2) as server, ThreadPoolExecutor(1) as pool:
        cut = pool.submit(server.ask, "/slow/600")
        server.await_words("begun /slow/600")
        server.stop()
        server.process.wait(60)
        assert isinstance(cut.exception(), NO_ANSWER)
        assert server.log.count("windlass: cut 1 requests that took longer than 2 s to end") == 1


OWN = """
workers = 7
def post_fork(server, worker):
    worker.greeting = "forked"
def pre_request(worker, request):
    print("theirs", worker.greeting, request.path, flush=True)
def post_request(worker, request):
    print("done", request.path, flush=True)
"""


def test_hooks_of_the_apps_own_configuration_run_beside_ours(tmp_path: Path) -> None:
    with gunicorn(tmp_path, own=OWN, hooks=("post_fork", "post_request", "pre_request")) as server:
        server.ask("/slow/0")
        server.end()
        assert "theirs forked /slow/0\n" in server.log
        assert "done /slow/0\n" in server.log
        assert server.log.count("Booting worker") == 1
