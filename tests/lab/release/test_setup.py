"""Commands before the first release, and before each, of an app with a database; and `run` before anything serves."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands
from tests.lab.converging import converge, result
from tests.lab.inventory import inventory
from tests.lab.release.world import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

# As tutorials have it.
DATABASE = """
    import sqlite3

    import click

    os.makedirs(app.instance_path, exist_ok=True)
    database = os.path.join(app.instance_path, "posts.sqlite")

    @app.cli.command()
    def init_db() -> None:
        with sqlite3.connect(database) as connection:
            connection.executescript("drop table if exists post; create table post (x);")
        click.echo("made")

    @app.get("/healthz2")
    def health2() -> str:
        return str(sqlite3.connect(database).execute("select count(*) from post").fetchone()[0])

    return app
"""
POSTS: dict[str, Any] = {
    "source": "posts",
    "wsgi": "notes:create_app()",
    "domains": ["posts.lab.test"],
    "watch": 0,
    "health_path": "/healthz2",
}


@pytest.fixture
def posts(world: World) -> Iterator[World]:
    """The app is in the project, and not on the host yet."""
    folder = world.project / "posts"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "tests/apps/notes", folder)
    file = folder / "src/notes/__init__.py"
    file.write_text(file.read_text().replace("\n    return app\n", DATABASE))
    yield world
    world.host.run("systemctl stop 'posts@*'; rm -rf /srv/posts /var/lib/posts /etc/systemd/system/posts@*; true")


def test_once_and_every_time(posts: World) -> None:
    def deploy(**settings: Any) -> Any:
        outcome = converge(posts.lab, posts.host, {"posts": {**POSTS, **settings}}, posts.project)
        return result(outcome, "release")

    init = "flask --app notes init-db"
    failed = deploy()
    assert failed.status == "failed"
    assert "no such table: post" in failed.message

    # A command runs in the release that failed, for there is no other.
    commands = Commands(posts.project)
    text = inventory(posts.lab, [posts.host], apps={"posts": POSTS})
    commands.write("inventory/hosts.yml", text)
    said = commands("run", posts.host.name, "--", "sh", "-c", "pwd; ls src/instance/..")
    assert "/srv/posts/releases/" in said.out
    assert "nothing serves posts yet: this runs in release " in said.err

    assert deploy(setup_command="false").status == "failed"
    assert deploy(setup_command=init).status == "changed"
    posts.host.run(
        '/usr/bin/python3 -c \'import sqlite3; c = sqlite3.connect("/var/lib/posts/src/instance/posts.sqlite");'
        ' c.execute("insert into post values (1)"); c.commit()\''
    )
    assert posts.ask("/healthz2", "posts") == "1"
    # Never again, whatever it would do.
    assert deploy(setup_command=init, env={"A": "1"}).status == "changed"
    assert posts.ask("/healthz2", "posts") == "1"
    failed = deploy(release_command=init)
    assert failed.status == "failed"
    database = "/var/lib/posts/src/instance/posts.sqlite (1 in post)"
    words = f"the release command `{init}` has emptied {database}, which is as it was before again"
    assert failed.message.startswith(words)
    assert posts.ask("/healthz2", "posts") == "1"
    owner = posts.host.run("stat -c '%U %a' /var/lib/posts/src/instance/posts.sqlite; ls -A /var/lib/posts")
    assert owner.split("\n")[0] == "posts 600"
    assert ".windlass-before" not in owner
