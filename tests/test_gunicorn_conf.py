"""The configuration that Gunicorn reads on the host: it is Python, so it is run here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import flask
import pytest
from werkzeug.debug import DebuggedApplication
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

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

    ours = {name for name in conf if not name.startswith("_")} - {"sys"}
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
