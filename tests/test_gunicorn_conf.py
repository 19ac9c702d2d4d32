"""The configuration that Gunicorn reads on the host: it is Python, so it is run here."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import flask
import pytest
from werkzeug.debug import DebuggedApplication
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from tests.gunicorn_process import gunicorn
from windlass.settings import Gunicorn
from windlass.template import render


@pytest.fixture(scope="module")
def conf() -> dict[str, Any]:
    text = render(
        "gunicorn.conf.py.j2",
        name="hello",
        wsgi="hello:create_app()",
        workers=3,
        threads=4,
        gunicorn=Gunicorn(),
        graceful_timeout=60,
    )
    values: dict[str, Any] = {}
    exec(compile(text, "gunicorn.conf.py", "exec"), values)
    return values


def app(*, debug: bool) -> flask.Flask:
    made = flask.Flask("hello")
    made.debug = debug
    return made


def test_gunicorn_knows_every_setting(conf: dict[str, Any]) -> None:
    from gunicorn.config import make_settings

    ours = {name for name, value in conf.items() if not name.startswith("_") and not isinstance(value, ModuleType)}
    assert ours <= set(make_settings())
    assert (conf["workers"], conf["threads"], conf["graceful_timeout"]) == (3, 4, 60)


def wrapped(kind: str, inner: flask.Flask) -> Any:
    if kind == "plain":
        return inner
    if kind == "proxied inside":
        inner.wsgi_app = ProxyFix(inner.wsgi_app)  # type: ignore[method-assign]
        return inner
    if kind == "proxied outside":
        return ProxyFix(ProxyFix(inner))
    if kind == "only the method":
        return ProxyFix(inner.wsgi_app)
    return DispatcherMiddleware(app(debug=False), {"/api": inner})


KINDS = ["plain", "proxied inside", "proxied outside", "only the method", "mounted"]


@pytest.mark.parametrize("kind", KINDS)
def test_debug_mode_is_found_behind_middleware(
    conf: dict[str, Any], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    conf["post_worker_init"](SimpleNamespace(wsgi=wrapped(kind, app(debug=False))))
    with pytest.raises(SystemExit) as refused:
        conf["post_worker_init"](SimpleNamespace(wsgi=wrapped(kind, app(debug=True))))
    assert refused.value.code == 4
    said = capsys.readouterr().err
    assert said == "windlass: refusing to serve hello:create_app(): app.debug is true. Turn debug mode off.\n"


@pytest.mark.parametrize("kind", KINDS)
def test_the_debugger_is_found_behind_middleware(conf: dict[str, Any], kind: str) -> None:
    inner = app(debug=False)
    inner.wsgi_app = DebuggedApplication(inner.wsgi_app)  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        conf["post_worker_init"](SimpleNamespace(wsgi=wrapped(kind, inner)))


def test_odd_objects_are_no_trouble(conf: dict[str, Any]) -> None:
    def unbound() -> Any:
        raise RuntimeError("working outside of request context")

    def plain(environ: Any, start_response: Any) -> list[bytes]:
        return []

    plain.app = LocalProxy(unbound)  # type: ignore[attr-defined]
    plain.wsgi_app = plain  # type: ignore[attr-defined]
    conf["post_worker_init"](SimpleNamespace(wsgi=plain))


def test_a_worker_all_of_whose_threads_hang_is_replaced(tmp_path: Path) -> None:
    with gunicorn(tmp_path, timeout=1) as server, ThreadPoolExecutor(2) as pool:
        first = server.ask()
        hanging = [pool.submit(server.ask, 600) for _ in range(2)]
        server.until_begun(2)
        # Taken in by the worker that hangs, so it is lost too; the next one is not.
        with pytest.raises((OSError, http.client.HTTPException)):
            server.ask()
        assert server.ask() != first
        assert all(isinstance(each.exception(), OSError | http.client.HTTPException) for each in hanging)
        words = "hangs and is replaced: all 2 threads are busy with the same requests for more than 1 s"
        assert f"windlass: worker {first} {words}" in server.log
        # Where each of them hangs.
        assert server.log.count('sleeper.py", line 8 in app') == 2
        assert server.process.poll() is None


def test_a_worker_with_one_thread_that_still_serves_is_kept(tmp_path: Path) -> None:
    with gunicorn(tmp_path, timeout=1) as server, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(server.ask, 3)
        served = set()
        while not slow.done():
            served.add(server.ask(0.1))
        time.sleep(2.2)  # what has nothing to do does not hang either
        assert {*served, server.ask()} == {slow.result()}
        assert "hangs" not in server.log


def test_a_worker_that_stops_may_take_its_graceful_timeout(tmp_path: Path) -> None:
    with gunicorn(tmp_path, timeout=1) as server, ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(server.ask, 3.5) for _ in range(2)]
        server.until_begun(2)
        server.stop()
        assert slow[0].result() == slow[1].result()
        assert "hangs" not in server.log


def test_a_worker_is_replaced_after_max_requests(tmp_path: Path) -> None:
    with gunicorn(tmp_path, max_requests=10, max_requests_jitter=0) as server:
        assert len({server.ask() for _ in range(35)}) >= 3


ONCE = """
import os, time

os.mkdir("loading")  # raises FileExistsError where two do it at once
time.sleep(0.1)
os.rmdir("loading")
with open("loaded", "a") as file:
    file.write("x")

def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "1")])
    return [b"1"]
"""


def test_workers_load_the_app_one_after_the_other(tmp_path: Path) -> None:
    with gunicorn(tmp_path, ONCE, workers=4, timeout=5) as server:
        deadline = time.monotonic() + 120
        while (tmp_path / "loaded").read_text() != "xxxx":
            assert time.monotonic() < deadline, server.log
            time.sleep(0.05)
        assert "FileExistsError" not in server.log
