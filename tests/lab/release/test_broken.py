"""Code that does not work: told in words while the old release serves every visitor; the next good deploy works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.release.refusing import refused

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]


def test_syntax_error(world: World) -> None:
    world.edit("def create_app() -> Flask:", "def create_app( -> Flask:")
    words = refused(world)
    assert "does not run (exit status" in words
    assert "SyntaxError" in words.splitlines()[0]
    assert "goes on serving" in words


def test_name_that_cannot_be_imported(world: World) -> None:
    world.edit("import Flask, request\n", "import Flask, nosuchname, request\n")
    words = refused(world)
    assert "ImportError: cannot import name 'nosuchname' from 'flask'" in words.splitlines()[0]
    assert "import Flask, nosuchname, request" in words


def test_package_that_is_not_installed(world: World) -> None:
    world.edit("import os\n", "import os\nimport nosuchmodule\n")
    words = refused(world)
    assert "ModuleNotFoundError: No module named 'nosuchmodule'" in words.splitlines()[0]
    failed = [record for record in world.records().values() if record["state"] == "failed"]
    assert len(failed) == 1
    assert "nosuchmodule" in failed[0]["reason"]


def test_factory_that_is_not_there(world: World) -> None:
    words = refused(world, wsgi="notes:make_app()")
    assert "make_app" in words.splitlines()[0]


def test_gunicorn_itself_does_not_start(world: World) -> None:
    words = refused(world, gunicorn={"worker_class": "nosuch"})
    assert "does not run (exit status 1)" in words
    assert "nosuch" in words.splitlines()[0]


def test_boots_but_is_not_healthy(world: World) -> None:
    world.edit('return "ok\\n"', 'return "the database is away", 500')
    before = world.current
    words = refused(world)
    newest = max(world.records())
    assert re.fullmatch(
        rf"release {newest} is not healthy: GET /healthz: HTTP 500: the database is away\n"
        r"its last lines in the journal:\n"
        r"((\[.+\] \[INFO\] |127\.0\.0\.1 \"GET /healthz).+\n)+"
        rf"release {before} goes on serving\n",
        words,
    )


def test_no_health_page(world: World) -> None:
    assert "GET /health: HTTP 404" in refused(world, health_path="/health")


def test_boots_but_hangs(world: World) -> None:
    world.edit('return "ok\\n"', "time.sleep(60)")
    words = refused(world, health_timeout=2)
    assert "was not healthy within 2 s: GET /healthz: no answer within" in words


def test_debug_mode(world: World) -> None:
    world.edit("    return app\n", "    app.debug = True\n    return app\n")
    words = refused(world)
    assert "windlass: refusing to serve notes:create_app(): app.debug is true" in words.splitlines()[0]


def test_debugger_behind_middleware(world: World) -> None:
    world.edit(
        "    return app\n",
        "    from werkzeug.debug import DebuggedApplication\n    from werkzeug.middleware.proxy_fix import ProxyFix\n"
        "    app.wsgi_app = ProxyFix(DebuggedApplication(app.wsgi_app))\n    return app\n",
    )
    assert "Werkzeug's debugger is wrapped around it" in refused(world).splitlines()[0]


def test_what_the_app_says_of_a_secret_is_not_shown(world: World) -> None:
    world.edit("    return app\n", "    raise RuntimeError('no NEEDED; have ' + os.environ['API_KEY'])\n")
    secrets = world.project / "notes.env"
    secrets.write_text("API_KEY=hunter2-hunter2\n")
    secrets.chmod(0o600)
    words = refused(world, env_file="notes.env")
    assert "RuntimeError: no NEEDED; have (sensitive)" in words.splitlines()[0]
    assert "hunter2" not in words
    assert "hunter2" not in repr(world.records())
