"""Releases that fail, each told in words while the old one serves every visitor; the next good deploy works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.release.visitors import visiting
from tests.lab.release.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab


def refused(world: World, kind: str = "release", **settings: Any) -> str:
    before = world.current
    with visiting(world.host, "notes", count=2) as visits:
        words = world.fails(kind, **settings)
    assert visits.failures == []
    assert visits.served > 0
    assert world.current == before
    units = {f"notes@{before}.service", f"notes@{before}.socket"}
    assert world.running() == world.enabled() == units
    print(words)
    return words


@pytest.fixture(autouse=True)
def mended(world: World) -> Iterator[None]:
    """Whatever broke, the next good deploy works and tidies up."""
    yield
    world.restore()
    world.greet(f"mended {time.monotonic()}")
    world.well()
    world.is_tidy()
    assert {record["state"] for record in world.records().values()} == {"good"}


def test_syntax_error(world: World) -> None:
    world.edit("def create_app() -> Flask:", "def create_app( -> Flask:")
    words = refused(world)
    assert "does not run (exit status" in words
    assert "SyntaxError" in words.splitlines()[0]
    assert "goes on serving" in words


def test_import_that_is_not_installed(world: World) -> None:
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
    words = refused(world)
    assert "is not healthy: GET /healthz: HTTP 500: the database is away" in words


def test_no_health_page(world: World) -> None:
    assert "GET /health: HTTP 404" in refused(world, health_path="/health")


def test_boots_but_hangs(world: World) -> None:
    world.edit('return "ok\\n"', "time.sleep(60)")
    words = refused(world, health_timeout=2)
    assert "was not healthy within 2 s: GET /healthz: no answer within" in words


def test_crashes_after_the_switch(world: World) -> None:
    world.edit(
        "    return app\n",
        "    import signal, threading\n"
        "    threading.Timer(1.5, lambda: os.kill(os.getppid(), signal.SIGKILL)).start()\n    return app\n",
    )
    words = world.fails()
    assert "does not run" in words
    assert world.ask()


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


def test_release_command(world: World) -> None:
    words = refused(world, release_command="echo trying; flask --app notes nonsense")
    assert "the release command `echo trying; flask --app notes nonsense` exited with 2:\ntrying\n" in words
    assert "No such command 'nonsense'" in words


def test_what_the_app_says_of_a_secret_is_not_shown(world: World) -> None:
    world.edit("    return app\n", "    raise RuntimeError('no NEEDED; have ' + os.environ['API_KEY'])\n")
    secrets = world.project / "notes.env"
    secrets.write_text("API_KEY=hunter2-hunter2\n")
    secrets.chmod(0o600)
    words = refused(world, env_file="notes.env")
    assert "RuntimeError: no NEEDED; have (sensitive)" in words.splitlines()[0]
    assert "hunter2" not in words
    assert "hunter2" not in repr(world.records())


def test_requirements_that_do_not_install(world: World) -> None:
    world.edit("flask>=3.1,<4", "nosuchthing-of-windlass==1.0", "pyproject.toml")
    words = refused(world, "venv")
    assert "No matching distribution found for nosuchthing-of-windlass==1.0" in words
    assert len(words.splitlines()) < 8


def test_a_requirement_that_does_not_build(world: World) -> None:
    world.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "uwsgi==2.0.20"', "pyproject.toml")
    words = refused(world, "venv")
    assert "uwsgi" in words.lower()
    assert "`packages`" in words
    assert len(words.splitlines()) < 25


def test_disk_full(world: World) -> None:
    world.greet("too much")
    (world.project / "notes" / "big.bin").write_bytes(b"\0" * 40 * 1024 * 1024)
    world.host.run(
        "mkdir -p /tmp/small && mount -t tmpfs -o size=90m tmpfs /tmp/small && mkdir /tmp/small/up /tmp/small/work"
        " && mount -t overlay -o lowerdir=/srv,upperdir=/tmp/small/up,workdir=/tmp/small/work overlay /srv"
    )
    try:
        words = world.fails()
    finally:
        world.host.run("umount -l /srv; umount -l /tmp/small")
    assert "there is not enough room in /srv/notes/releases" in words
    assert world.ask()
