"""The configuration that Gunicorn reads on the host: it is Python, so it is run here."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import flask
import pytest
from werkzeug.debug import DebuggedApplication
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from windlass.settings import Gunicorn
from windlass.template import render


def configuration(**settings: Any) -> dict[str, Any]:
    """What Gunicorn reads, as the names in it."""
    text = render(
        "gunicorn.conf.py.j2",
        name="hello",
        wsgi="hello:create_app()",
        workers=3,
        alone=5,
        threads=4,
        gunicorn=Gunicorn(**settings),
        graceful_timeout=60,
        patience=60,
        hooks=(),
    )
    values: dict[str, Any] = {}
    exec(compile(text, "gunicorn.conf.py", "exec"), values)
    return values


@pytest.fixture(scope="module")
def conf() -> dict[str, Any]:
    return configuration()


def app(*, debug: bool) -> flask.Flask:
    made = flask.Flask("hello")
    made.debug = debug
    return made


def test_gunicorn_knows_every_setting(conf: dict[str, Any]) -> None:
    from gunicorn.config import make_settings

    ours = {name for name, value in conf.items() if name.islower() and name[0] != "_"}
    ours -= {name for name, value in conf.items() if isinstance(value, ModuleType)}
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


def worker(kind: str, served: Any) -> Any:
    """One of Gunicorn's own, as far as it is looked at."""
    return type("Worker", (), {"__module__": f"gunicorn.workers.{kind}", "wsgi": served, "asgi": None})()


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """An app of the other kind."""


@pytest.mark.parametrize(
    ("kind", "served", "reason"),
    [
        ("gthread", asgi, "it is an ASGI app. Set `gunicorn: {worker_class: asgi}`."),
        (
            "asgi",
            app(debug=False),
            "it is a WSGI app. Leave `worker_class: asgi` out, or wrap it: asgiref.wsgi.WsgiToAsgi(app).",
        ),
    ],
)
def test_an_app_of_the_other_kind_is_refused(
    kind: str, served: Any, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        configuration(worker_class=kind)["post_worker_init"](worker(kind, served))
    assert refused.value.code == 4
    assert capsys.readouterr().err == f"windlass: refusing to serve hello:create_app(): {reason}\n"


def test_one_of_the_right_kind_is_served() -> None:
    configuration(worker_class="asgi")["post_worker_init"](worker("asgi", asgi))
    configuration()["post_worker_init"](worker("gthread", app(debug=False)))
