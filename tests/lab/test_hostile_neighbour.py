"""Two apps on a host, one of them hostile in every way that it can think of: the other notices nothing."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.commands import ROOT, Commands
from tests.lab.inventory import inventory
from tests.lab.release.browsing import browsing

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "notes.lab.test"
SHORT = 20  # seconds
PATIENT: dict[str, Any] = {"tls": "self-signed", "health_timeout": 120, "drain_timeout": 5, "limits": False}
APPS: dict[str, Any] = {
    "notes": {"source": "notes", "wsgi": "notes:create_app()", "domains": [NAME], **PATIENT},
    "hostile": {
        "source": "hostile",
        "wsgi": "app:app",
        "domains": ["hostile.lab.test"],
        "env": {"NEIGHBOUR": "notes"},
        **PATIENT,
    },
}
ATTACK = "python3 - <<'END'\n{}\nEND".format("""
import http.client, socket
connection = http.client.HTTPConnection("x", timeout=60)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect("/srv/hostile/current/app.sock")
connection.request("POST", "/attack?seconds=%d")
print(connection.getresponse().read().decode())
""")


@pytest.fixture
def commands(lab: Lab, equipped_host: LabHost, tmp_path: Path) -> Commands:
    """A project with both apps, provisioned."""
    for name in ("notes", "hostile"):
        shutil.copytree(ROOT / "tests/apps" / name, tmp_path / name)
    commands = Commands(tmp_path)
    commands.write("inventory/hosts.yml", inventory(lab, [equipped_host], apps=APPS))
    commands("provision", equipped_host.name)
    return commands


def greet(commands: Commands, greeting: str) -> None:
    commands.write("notes/src/notes/greeting.txt", greeting)


def during_an_attack(commands: Commands, host: LabHost, seconds: int) -> None:
    end = time.monotonic() + seconds
    with browsing(host, NAME, pause=50, patience=60) as browsed:
        assert '"ways":' in host.run(ATTACK % seconds, timeout=120)
        greet(commands, "deployed meanwhile")
        commands("deploy", host.name, "--app", "notes")
        status = commands.json("status", host.name, status=None)
        (notes,) = (app for app in status["apps"] if app["name"] == "notes")
        assert notes["health"] == "ok", status
        commands("rollback", host.name, "--app", "notes")
        said = commands("logs", host.name, "--app", "notes", "-n", "500").out
        assert "noise" not in said
        assert "GET /" in said
        time.sleep(max(0.0, end - time.monotonic()))
    assert browsed.failures == {}
    assert browsed.served > 50


def test_the_other_app_notices_nothing(commands: Commands, equipped_host: LabHost) -> None:
    during_an_attack(commands, equipped_host, SHORT)


@pytest.mark.soak
def test_the_other_app_notices_nothing_for_a_minute(commands: Commands, equipped_host: LabHost) -> None:
    during_an_attack(commands, equipped_host, 60)


def test_a_health_page_that_never_ends_stops_nothing(commands: Commands, equipped_host: LabHost) -> None:
    equipped_host.run("touch /var/lib/hostile/sick")
    status = commands("status", equipped_host.name, status=1)
    assert "\x1b" not in status.out
    greet(commands, "deployed all the same")
    commands("deploy", equipped_host.name, "--app", "notes")
    # Its own replacement, which is well, is not kept back by it either.
    path = commands.folder / "hostile/app.py"
    path.write_text(path.read_text().replace("if os.path.exists(FLAG) else", "if False else"))
    commands("deploy", equipped_host.name, "--app", "hostile")
