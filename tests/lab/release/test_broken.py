"""Code that does not work: told in words while the old release serves every visitor; the next good deploy works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.release.refusing import reason, refused

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]

# Gunicorn ends with one of several when a worker cannot boot, as it happens to notice.
DEAD = r"does not run \(exit status \d\)"


def test_syntax_error(world: World) -> None:
    world.edit("def create_app() -> Flask:", "def create_app( -> Flask:")
    words = refused(world)
    assert re.fullmatch(f"{DEAD}: SyntaxError: invalid syntax", reason(words))
    assert "goes on serving" in words


def test_name_that_cannot_be_imported(world: World) -> None:
    world.edit("import Flask, request\n", "import Flask, nosuchname, request\n")
    words = refused(world)
    assert re.fullmatch(
        rf"{DEAD}: ImportError: cannot import name 'nosuchname' from 'flask' \(/srv/.+\)", reason(words)
    )
    assert "import Flask, nosuchname, request" in words


def test_package_that_is_not_installed(world: World) -> None:
    world.edit("import os\n", "import os\nimport nosuchmodule\n")
    words = refused(world)
    assert re.fullmatch(f"{DEAD}: ModuleNotFoundError: No module named 'nosuchmodule'", reason(words))
    failed = [record for record in world.records().values() if record["state"] == "failed"]
    assert len(failed) == 1
    assert "nosuchmodule" in failed[0]["reason"]


def test_factory_that_is_not_there(world: World) -> None:
    world.edit("    return app\n", "    return app\n\n\ndel create_app\n")  # which nobody sees who only reads
    words = refused(world)
    assert re.fullmatch(rf"{DEAD}: Failed to find attribute 'create_app' in 'notes'\.", reason(words))


def test_gunicorn_itself_does_not_start(world: World) -> None:
    words = refused(world, gunicorn={"worker_class": "nosuch.Worker"})
    assert re.fullmatch(rf"{DEAD}: ModuleNotFoundError: No module named 'nosuch'", reason(words))


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
    words = refused(world, health_path="/health")
    assert reason(words).startswith("is not healthy: GET /health: HTTP 404: <!doctype html>")


def test_boots_but_hangs(world: World) -> None:
    world.edit('return "ok\\n"', "time.sleep(60)")
    words = refused(world, health_timeout=2)
    assert re.fullmatch(r"was not healthy within 2 s: GET /healthz: no answer within \d(\.\d)? s", reason(words))


def test_debug_mode(world: World) -> None:
    world.edit("    return app\n", "    app.debug = True\n    return app\n")
    words = refused(world)
    assert re.fullmatch(
        rf"{DEAD}: windlass: refusing to serve notes:create_app\(\): app\.debug is true\. Turn debug mode off\.",
        reason(words),
    )


def test_debugger_behind_middleware(world: World) -> None:
    world.edit(
        "    return app\n",
        "    from werkzeug.debug import DebuggedApplication\n    from werkzeug.middleware.proxy_fix import ProxyFix\n"
        "    app.wsgi_app = ProxyFix(DebuggedApplication(app.wsgi_app))\n    return app\n",
    )
    assert re.fullmatch(
        rf"{DEAD}: windlass: refusing to serve notes:create_app\(\): Werkzeug's debugger is wrapped around it\."
        r" Turn debug mode off\.",
        reason(refused(world)),
    )


def test_what_the_app_says_of_a_secret_is_not_shown(world: World) -> None:
    world.edit("    return app\n", "    raise RuntimeError('no NEEDED; have ' + os.environ['API_KEY'])\n")
    secrets = world.project / "notes.env"
    secrets.write_text("API_KEY=hunter2-hunter2\n")
    secrets.chmod(0o600)
    words = refused(world, env_file="notes.env")
    assert re.fullmatch(rf"{DEAD}: RuntimeError: no NEEDED; have \(sensitive\)", reason(words))
    assert "hunter2" not in words
    assert "hunter2" not in repr(world.records())
