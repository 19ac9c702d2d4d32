"""Who may read, write and reach what: two apps and a broken one on one host, and nginx's user."""

from __future__ import annotations

import shlex
import shutil

import pytest

from tests.lab.converging import converge
from tests.lab.release.world import INIT, NOTES, ROOT, World

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def both(shared_world: World) -> World:
    """The sample app beside `notes`, and one between them that is broken and stops neither."""
    world = shared_world
    world.restore()
    shutil.copytree(ROOT / "sample_app", world.project / "sample_app", ignore=shutil.ignore_patterns("__pycache__"))
    secrets = world.project / "shortener.env"
    secrets.write_text("SECRET_KEY=kL9fQ2xZ7vB4nM1tR8yW3cE6aD5gH0jP\n")
    secrets.chmod(0o600)
    shortener = {
        "source": "sample_app",
        "wsgi": "shortener:create_app()",
        "domains": ["shortener.lab.test"],
        "env": {"DATABASE_URL": "sqlite:////var/lib/shortener/shortener.db"},
        "env_file": "shortener.env",
        "static": {"/static": "shortener/static"},
        "release_command": "flask --app shortener db upgrade",
    }
    broken = {**NOTES, "source": "broken", "domains": ["broken.lab.test"]}
    shutil.copytree(ROOT / "tests" / "apps" / "notes", world.project / "broken")
    (world.project / "broken" / INIT).write_text("syntax error")
    apps = {"broken": broken, "notes": NOTES, "shortener": shortener}
    outcome = converge(world.lab, world.host, apps, world.project)
    assert [each.resource for each in outcome.results if each.status == "failed"] == ["release broken"]
    assert [each.status for each in outcome.results if each.resource == "release shortener"] == ["changed"]
    return world


def may(world: World, user: str, *test: str) -> bool:
    command = f"setpriv --reuid={user} --regid={user} --init-groups test {shlex.join(test)}"
    return world.host.run(f"{command} && echo yes || true") == "yes\n"


def test_nginx_reaches_sockets_and_static_files_and_nothing_else(both: World) -> None:
    for allowed in ("-w /srv/notes/current/app.sock", "-r /srv/notes/current/code/src/notes/static/notes.css"):
        assert may(both, "www-data", *allowed.split())
    for forbidden in (
        "-r /srv/notes/current/code/src/notes/__init__.py",
        "-r /srv/notes/current/env",
        "-r /srv/notes/current/release.json",
        "-r /srv/notes/current/gunicorn.conf.py",
        "-x /srv/notes/current/venv/bin/python",
        "-x /var/lib/notes",
    ):
        assert not may(both, "www-data", *forbidden.split())


def test_an_app_reads_its_own_and_writes_its_data_alone(both: World) -> None:
    assert may(both, "notes", "-r", "/srv/notes/current/code/src/notes/__init__.py")
    assert may(both, "notes", "-w", "/var/lib/notes")
    for path in (
        "/srv/notes",
        "/srv/notes/current/",
        "/srv/notes/current/code",
        "/srv/notes/current/venv/",
        "/srv/notes/current/venv/bin/python",
        "/srv/notes/current/venv/.complete",
        "/srv/notes/venvs",
        "/run/notes",
    ):
        assert not may(both, "notes", "-w", path)
    assert not may(both, "notes", "-r", "/srv/notes/current/env")
    writable = both.host.run("find /srv/notes -user notes -o -perm -o=w -not -type l -o -perm /6000")
    assert writable == ""


def test_apps_are_closed_to_each_other(both: World) -> None:
    for forbidden in (
        "-r /srv/shortener/current/code/shortener/__init__.py",
        "-r /srv/shortener/current/env",
        "-w /srv/shortener/current/app.sock",
        "-x /srv/shortener/current/venv/bin/python",
        "-x /var/lib/shortener",
    ):
        assert not may(both, "notes", *forbidden.split())


def test_release_command_made_the_database_for_the_app_alone(both: World) -> None:
    listed = both.host.run("stat -c '%U %a' /var/lib/shortener /var/lib/shortener/shortener.db").split("\n")
    assert listed[:2] == ["shortener 700", "shortener 600"]
    assert both.ask("/healthz", "shortener")


def test_from_inside_the_unit(both: World) -> None:
    pid = both.host.run(f"systemctl show -p MainPID --value notes@{both.current}.service").strip()
    status = both.host.run(f"cat /proc/{pid}/status")
    assert "NoNewPrivs:\t1" in status
    assert "CapBnd:\t0000000000000000" in status
    mounts = both.host.run(f"cat /proc/{pid}/mounts")
    root = next(line for line in mounts.splitlines() if line.split()[1] == "/")
    assert "ro" in root.split()[3].split(",")
    environment = both.host.run(f"tr '\\0' '\\n' < /proc/{pid}/environ").splitlines()
    assert "FLASK_DEBUG=0" in environment


def test_access_log_has_the_visitor(both: World) -> None:
    both.ask("/notes", "notes", "X-Forwarded-For: 203.0.113.7")
    journal = both.host.run("journalctl --sync; journalctl -q -o cat -t notes -n 5")
    assert '203.0.113.7 "GET /notes HTTP/1.1" 200' in journal
