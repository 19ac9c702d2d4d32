"""Several hosts in one run, batch by batch: where it fails, those before it go back, and those after it are spared."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.commands import ROOT, Commands, Said
from tests.lab.inventory import inventory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.equipped import Equipped
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAMES = ["one", "two", "three"]
NOTES: dict[str, Any] = {
    "source": "notes",
    "wsgi": "notes:create_app()",
    "domains": ["notes.lab.test"],
    "tls": "off",
    "watch": 0,
    "drain_timeout": 5,
    "gunicorn": {"workers": 1},
}
# It fails on hosts that have a certain file.
TRAP = "    if (folder / 'trap').exists():\n        raise RuntimeError('trapped')\n    return app\n"


class Fleet:
    """Hosts one, two and three with `notes`, and the command line that reaches them."""

    def __init__(self, lab: Lab, hosts: list[LabHost], commands: Commands) -> None:
        self.lab, self.hosts, self.commands = lab, hosts, commands

    def write(self, ports: dict[str, int] | None = None, **settings: Any) -> None:
        apps = {"notes": {**NOTES, **settings}}
        self.commands.write("inventory/hosts.yml", inventory(self.lab, self.hosts, ports, apps=apps))

    def greet(self, greeting: str) -> None:
        self.commands.write("notes/src/notes/greeting.txt", greeting)

    def deploy(self, *options: str, status: int = 0) -> list[dict[str, Any]]:
        """What became of each host."""
        return self.commands.all_json("deploy", *NAMES, *options, status=status)

    def releases(self) -> list[str]:
        return [host.run("basename $(readlink /srv/notes/current)").strip() for host in self.hosts]

    def begun(self, number: int) -> list[str]:
        """When the release command ran on a host (seconds since the epoch)."""
        return self.hosts[number].run("cat /var/lib/notes/ran || true").split()


@pytest.fixture(scope="module")
def made(lab: Lab, equipped: Equipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """For `fleet`."""
    hosts = [equipped.add(lab, name) for name in NAMES]
    for host in hosts:
        host.wait()
    commands = Commands(tmp_path_factory.mktemp("fleet"))
    subprocess.run(["cp", "-r", str(ROOT / "tests/apps/notes"), str(commands.folder)], check=True)
    app = commands.folder / "notes/src/notes/__init__.py"
    app.write_text(app.read_text().replace("    return app\n", TRAP))
    fleet = Fleet(lab, hosts, commands)
    fleet.write()
    commands("provision", *NAMES)
    yield fleet
    for host in hosts:
        lab.remove_host(host.name)


@pytest.fixture
def fleet(made: Fleet) -> Fleet:
    """No host has a trap, and all have the same release."""
    made.write()
    for host in made.hosts:
        host.run("rm -f /var/lib/notes/trap /var/lib/notes/ran")
    made.greet("all alike")
    made.deploy()
    return made


def test_one_at_a_time_and_in_order(fleet: Fleet) -> None:
    fleet.greet("rolling")
    said = fleet.commands("deploy", *NAMES, "--serial", "1").out
    places = [said.index(f"batch {number} of 3: {name}") for number, name in enumerate(NAMES, 1)]
    assert places == sorted(places)
    for name, begin, end in zip(NAMES, places, [*places[1:], len(said)], strict=True):
        others = [other for other in NAMES if other != name]
        assert f"{name}  release:notes       . drain" in said[begin:end]
        assert not any(f"{other}  release:notes" in said[begin:end] for other in others)
    created = fleet.releases()
    assert created == sorted(created)  # their names begin with the time, in seconds
    assert {host["status"] for host in fleet.deploy("--check")} == {"ok"}


def failure(host: dict[str, Any]) -> str:
    """Why the only resource of a host that failed did."""
    (failed,) = (each for each in host["resources"] if each["status"] == "failed")
    message: str = failed["message"]
    return message


def test_a_failure_stops_it_and_those_before_go_back(fleet: Fleet) -> None:
    before = fleet.releases()
    fleet.hosts[1].run("touch /var/lib/notes/trap")
    fleet.greet("not on all")
    one, two, three = fleet.deploy("--serial", "1", status=1)
    assert [one["host"], two["host"], three["host"]] == NAMES
    assert [each["resource"] for each in one["resources"] if each["status"] == "changed"] == [
        "release notes",
        "rollback notes",
    ]
    assert "RuntimeError: trapped" in failure(two)
    assert three["error"].startswith("not begun, because two failed")
    assert three["resources"] == []
    assert fleet.releases() == before
    audit = fleet.commands.json("audit", "one", "--last", "1")["entries"][-1]
    assert audit["command"].endswith("(taken back)")


def test_keep_going_takes_nothing_back(fleet: Fleet) -> None:
    before = fleet.releases()
    fleet.hosts[0].run("touch /var/lib/notes/trap")
    fleet.greet("on some")
    hosts = fleet.deploy("--serial", "34%", "--keep-going", status=1)
    assert [host["status"] for host in hosts] == ["failed", "changed", "changed"]
    after = fleet.releases()
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] != before[2]


def test_a_host_of_the_second_batch_is_away(fleet: Fleet) -> None:
    before = fleet.releases()
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    fleet.write(ports={"three": port})
    fleet.greet("not reached")
    one, two, three = fleet.deploy("--serial", "67%", status=1)
    assert [one["resources"][-1]["resource"], two["resources"][-1]["resource"]] == ["rollback notes"] * 2
    assert "refused" in three["error"].lower()
    assert fleet.releases() == before


def test_ctrl_c_takes_nothing_back(fleet: Fleet) -> None:
    before = fleet.releases()
    wait = "test $(hostname) != two || sleep 20"
    fleet.write(release_command=wait)
    argv = [sys.executable, str(fleet.commands.program), "--project", str(fleet.commands.folder)]
    argv += ["deploy", *NAMES, "--serial", "1"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout
        for line in running.stdout:
            if line.startswith("two") and "release command" in line:
                os.kill(running.pid, signal.SIGINT)
                break
        said = running.communicate(timeout=120)[0]
    assert running.returncode == 130
    assert "taking back" not in said
    fleet.hosts[1].run("flock -w 120 /var/lib/windlass/lock true", timeout=180)
    after = fleet.releases()
    assert after[0] != before[0]
    assert after[1:] == before[1:]


COMMAND = "date +%s.%N >>$STATE_DIRECTORY/ran"


def test_a_shared_database_is_migrated_once_and_first(fleet: Fleet) -> None:
    fleet.write(release_command=f"sleep 1; {COMMAND}", env={"DATABASE_URL": "postgresql://notes@db.example.com/notes"})
    said: Said = fleet.commands("deploy", *NAMES)
    assert "batch 1 of 2: one\n" in said.out
    assert [len(fleet.begun(number)) for number in range(3)] == [1, 0, 0]
    ran = float(fleet.begun(0)[0])
    for host in fleet.hosts[1:]:
        begun = host.run("""sed -n 's/.*"created": //p' /srv/notes/current/release.json""").strip(" ,\n")
        assert int(begun) >= int(ran)
    assert {host["status"] for host in fleet.deploy("--check")} == {"ok"}


def test_each_host_migrates_a_database_of_its_own(fleet: Fleet) -> None:
    fleet.write(release_command=COMMAND, env={"DATABASE_URL": "sqlite:////var/lib/notes/notes.db"})
    fleet.deploy()
    assert [len(fleet.begun(number)) for number in range(3)] == [1, 1, 1]


def test_a_migration_that_fails_stops_all(fleet: Fleet) -> None:
    before = fleet.releases()
    fleet.write(release_command="echo cannot; false", run_once=True)
    hosts = fleet.deploy("--keep-going", status=1)
    assert "exited with 1" in failure(hosts[0])
    assert all(host["error"].startswith("not begun, because one failed") for host in hosts[1:])
    assert fleet.releases() == before
