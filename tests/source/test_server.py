"""Which Gunicorn is installed beside an app's requirements."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from windlass.errors import SourceError
from windlass.settings import Gunicorn
from windlass.source.requirements import Requirements
from windlass.source.server import GUNICORN, HASHES, to_install

HASHED = "flask==3.1.3 --hash=sha256:aa\n"


def lines(text: str, constraints: str = "", **settings: Any) -> str:
    return to_install(Gunicorn(**settings), Requirements("requirements.txt", text, constraints))


def refused(text: str, **settings: Any) -> tuple[str, str | None]:
    with pytest.raises(SourceError) as raised:
        lines(text, **settings)
    return str(raised.value.args[0]), raised.value.hint


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        ("flask\n", {}, f"gunicorn=={GUNICORN}\n"),
        ("flask\n", {"version": "23.0.0"}, "gunicorn==23.0.0\n"),
        ("flask\n", {"worker_class": "gevent"}, f"gunicorn[gevent]=={GUNICORN}\n"),
        ("flask\n", {"worker_class": "tornado", "version": "27.0.0"}, "gunicorn[tornado]==27.0.0\n"),
        ("flask\n", {"worker_class": "eventlet"}, "gunicorn[eventlet]==25.3.0\n"),
        ("flask\n", {"worker_class": "asgi"}, f"gunicorn=={GUNICORN}\n"),
        ("gunicorn==20.0.4\n", {}, ""),
        ("gunicorn==23.0.0\n", {"worker_class": "gevent_pywsgi"}, "gunicorn[gevent]\n"),
        ("gunicorn\n", {"worker_class": "eventlet"}, "gunicorn[eventlet]<26\n"),
        (f"{HASHED}gunicorn==23.0.0 --hash=sha256:bb\n", {}, ""),
        (HASHED, {}, " ".join([f"gunicorn=={GUNICORN}", *(f"--hash=sha256:{each}" for each in HASHES)]) + "\n"),
    ],
)
def test_what_is_installed_besides(text: str, settings: dict[str, Any], expected: str) -> None:
    assert lines(text, **settings) == expected


def test_one_that_is_too_old() -> None:
    expected = (
        "requirements.txt: gunicorn==19.9.0 is too old: systemd would wait for its start in vain",
        "Ask for gunicorn>=20.0.",
    )
    assert refused("gunicorn==19.9.0\n") == expected
    assert refused("flask\n", version="19.9.0") == expected


def test_a_kind_of_worker_that_it_has_no_more() -> None:
    assert refused("gunicorn[eventlet]==27.0.1\n", worker_class="eventlet") == (
        "requirements.txt: gunicorn[eventlet]==27.0.1 has no `worker_class: eventlet` any more",
        "Ask for gunicorn<26, or take `worker_class: gevent`.",
    )


def test_what_would_have_no_hash() -> None:
    assert refused(f"{HASHED}gevent==26.9.0 --hash=sha256:bb\n", worker_class="gevent") == (
        "requirements.txt: `worker_class: gevent` needs packaging, and what is installed with hashes must be listed",
        "Add gunicorn[gevent] to what that file is made from, and make it again with its hashes.",
    )
    assert refused(HASHED, version="23.0.0") == (
        (
            "requirements.txt: what is installed with hashes must be listed, and Windlass knows those of gunicorn"
            f" {GUNICORN} alone, not of 23.0.0"
        ),
        "Add gunicorn to what that file is made from, and make it again with its hashes.",
    )


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("gevnt", "did you mean 'gevent'?"),
        (
            "uvicorn",
            "there are asgi, eventlet, gevent, gevent_pywsgi, gevent_wsgi, gthread, sync, tornado, or MODULE.CLASS",
        ),
    ],
)
def test_a_kind_of_worker_that_nobody_has(name: str, advice: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Gunicorn(worker_class=name)
    assert f"'{name}' is no kind of worker: {advice}" in str(raised.value)
    assert Gunicorn(worker_class="uvicorn_worker.UvicornWorker").worker_class == "uvicorn_worker.UvicornWorker"
