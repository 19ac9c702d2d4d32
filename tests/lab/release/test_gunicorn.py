"""Gunicorn of any kind that an app may bring, and what an app does at its import, on a real host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]

OWN = """
workers = 1
def post_fork(server, worker):
    import os
    os.environ["GREETING"] = "from its own hook"
"""


def test_an_old_gunicorn_hooks_of_its_own_and_a_server_begun_at_import(world: World) -> None:
    world.edit(
        '"flask>=3.1,<4"',
        '"flask>=3.1,<4", "gunicorn==20.0.4", "setuptools<70"',
        "pyproject.toml",
    )
    (world.project / "notes" / "gunicorn.conf.py").write_text(OWN)
    world.edit(
        "    return app\n",
        '    app.config["G"] = os.environ.get("GREETING", "none")\n    app.run(debug=True)\n    return app\n',
    )
    world.edit(
        '\n    @app.get("/slow/',
        '\n    @app.get("/own")\n    def own() -> str:\n        return app.config["G"]\n\n    @app.get("/slow/',
    )
    world.well(release_command="flask routes")
    assert world.ask("/own") == "from its own hook"
    assert world.host.run("ss -ltn sport = :5000").count("\n") == 1
    assert "20.0.4" in world.host.run("/srv/notes/current/venv/bin/gunicorn --version")


@pytest.mark.parametrize("kind", ["gevent", "eventlet", "tornado"])
def test_a_kind_of_worker_brings_what_it_needs(world: World, kind: str) -> None:
    world.well(gunicorn={"worker_class": kind})
    assert world.visit() == "Notes, at your service."


def test_an_app_for_the_other_kind_of_worker_is_refused(world: World) -> None:
    words = world.fails(gunicorn={"worker_class": "asgi"})
    assert "it is a WSGI app. Leave `worker_class: asgi` out, or wrap it" in words.splitlines()[0]
