"""What an app cannot do from inside its own unit, and what its settings open."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.converging import converge
from tests.lab.release.world import INIT, ROOT, World

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab

SHORTENER = {
    "source": "neighbour",
    "wsgi": "shortener:create_app()",
    "domains": ["shortener.lab.test"],
    "env": {"DATABASE_URL": "sqlite:////var/lib/shortener/shortener.db"},
    "env_file": "neighbour.env",
    "release_command": "flask --app shortener db upgrade",
    "health_path": "/healthz",
    "sandbox": {"network": "isolated"},
}


@pytest.fixture(scope="module")
def prepared(shared_world: World) -> Iterator[World]:
    """The sample app beside `notes`, as a neighbour whose things are worth reading."""
    world = shared_world
    world.restore()
    source = world.project / "neighbour"
    shutil.copytree(ROOT / "sample_app", source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    secrets = world.project / "neighbour.env"
    secrets.write_text("SECRET_KEY=kL9fQ2xZ7vB4nM1tR8yW3cE6aD5gH0jP\n")
    secrets.chmod(0o600)
    outcome = converge(world.lab, world.host, {"shortener": SHORTENER}, world.project)
    assert [each.message for each in outcome.results if each.status == "failed"] == []
    places = "/tmp/windlass-test /dev/shm/windlass-test /run/lock/windlass-test"
    # nginx answers there as the cloud would.
    world.host.run(f"touch {places}; chmod 644 {places}; ip address add 169.254.169.254/32 dev lo")
    yield world
    world.host.run(f"rm -f {places}; ip address del 169.254.169.254/32 dev lo")


@pytest.fixture
def acting(prepared: World) -> Iterator[World]:
    """`notes` with a page that tries what must not be possible; the next good deploy is without it."""
    world = prepared
    world.restore()
    shutil.copy(Path(__file__).with_name("acts.py"), world.project / "notes/src/notes/acts.py")
    world.edit("import os\n", "import os\nimport subprocess\n")
    world.edit(
        "    return app\n",
        """    @app.get("/acts")
    def tried() -> str:
        return subprocess.run(["python", "-m", "notes.acts"], stdout=-1, stderr=-2, text=True).stdout

    return app
""",
    )
    yield world
    world.restore()
    world.well()


def tried(world: World, **settings: Any) -> dict[str, Any]:
    """What the app can do with such a sandbox."""
    env = {"ELSEWHERE": world.lab.acme.inner_address}
    world.well(env=env, **settings)
    said = world.ask("/acts")
    assert said.startswith("{"), world.host.run("journalctl --sync; journalctl -q -o cat -t notes -n 30")
    found: dict[str, Any] = json.loads(said)
    return found


def test_forbidden_acts_fail_from_inside_the_unit(acting: World) -> None:
    found = tried(acting)
    assert found["acts"] == []
    assert found["tried"] >= 25
    assert found["connections"] == ["connect to its own host", "connect to the world"]


def test_levels_of_network(acting: World) -> None:
    assert tried(acting, sandbox={"network": "isolated"})["connections"] == []
    assert tried(acting, sandbox={"network": "loopback"})["connections"] == ["connect to its own host"]


def test_rights_are_opened_one_by_one(acting: World) -> None:
    found = tried(acting, sandbox={"allow": ["write-execute", "namespaces", "metadata"]})
    assert "ask the cloud" in found["connections"]
    assert set(found["acts"]) == {"make memory for code", "make a user namespace"}


def test_without_a_sandbox_it_has_still_its_own_user_alone(acting: World) -> None:
    possible = set(tried(acting, sandbox=False)["acts"])
    assert "make a user namespace" in possible  # so the acts are real ones
    assert not {act for act in possible if act.startswith(("write", "read", "speak to another", "become", "gain"))}


def test_the_release_command_is_as_confined_as_the_app(acting: World) -> None:
    command = "python -m notes.acts >$STATE_DIRECTORY/acts.json"
    acting.well(release_command=command, env={"ELSEWHERE": "127.0.0.1"}, sandbox={"network": "isolated"})
    found = json.loads(acting.host.run("cat /var/lib/notes/acts.json; rm /var/lib/notes/acts.json"))
    assert (found["acts"], found["connections"]) == ([], [])


def test_a_release_command_leaves_nothing_behind(prepared: World) -> None:
    prepared.fails(release_command="sleep 3000 & sleep 3000", release_timeout=2)
    assert prepared.host.run("pgrep -u notes sleep || true") == ""
    assert prepared.host.run("systemctl list-units --all --plain --no-legend 'windlass-notes-*'") == ""


def test_the_release_command_is_read_by_the_shell_alone_and_its_secrets_by_nobody(prepared: World) -> None:
    hostile = "cAnArY-5f1e; echo \"a  b\" '$HOME' 100%"
    file = prepared.project / "notes.env"
    file.write_text(f"TOKEN={json.dumps(hostile)}\n")
    file.chmod(0o600)
    steps = [
        "cd $STATE_DIRECTORY",
        "systemctl show 'windlass-notes-*' -p Environment -p ExecStart >shown",
        "ps axww >>shown",
        'echo "${TOKEN}" >token',
        "echo $$ >pid",
        "echo $TOKEN",
        "exit 3",
    ]
    command = "; ".join(steps)
    words = prepared.fails(release_command=command, env_file="notes.env")
    assert "exited with 3" in words
    kept = "/var/lib/notes"
    assert prepared.host.run(f"cat {kept}/token") == f"{hostile}\n"
    assert prepared.host.run(f"cat {kept}/pid").strip().isdigit()
    said = words + prepared.host.run(f"cat {kept}/shown; rm {kept}/token {kept}/pid {kept}/shown")
    assert "umask 077" in said
    assert "cAnArY" not in said


def test_folders_are_opened(prepared: World) -> None:
    outside = "/mnt/notes"
    prepared.host.run(f"mkdir -p {outside} && chown notes: {outside}")
    command = f"touch {outside}/x"
    words = prepared.fails(release_command=command)
    assert "Read-only file system" in words
    assert "`sandbox: {writable_paths: [...]}` opens folders" in words
    prepared.well(release_command=command, sandbox={"writable_paths": [outside]})
    assert prepared.host.run(f"stat -c %U {outside}/x; rm -r {outside}") == "notes\n"


@pytest.mark.parametrize(
    ("old", "new", "settings", "reason", "advice"),
    [
        ("    app = Flask", "    Path('/opt/x').write_text('')\n    app = Flask", {}, "Read-only file system: '/opt/x'",
         "writable_paths"),
        ("    app = Flask", "    __import__('socket').create_connection(('127.0.0.1', 22))\n    app = Flask",
         {"network": "isolated"}, "Address family not supported", "network"),
        ("    app = Flask", "    __import__('mmap').mmap(-1, 4096, prot=7)\n    app = Flask", {},
         "Operation not permitted", "allow"),
        ("    app = Flask", "    app = Flask", {"writable_paths": ["/mnt/missing"]},
         "Failed to set up mount namespacing", "has to be there: make it"),
    ],
)  # fmt: skip
def test_what_a_sandbox_breaks_at_the_start_is_told(
    prepared: World, old: str, new: str, settings: Any, reason: str, advice: str
) -> None:
    prepared.restore()
    prepared.edit(old, new, INIT)
    prepared.greet(f"{old}{reason}")
    words = prepared.fails(sandbox=settings)
    print(words)
    assert reason in words.splitlines()[0]
    assert advice in words.splitlines()[-1]
    prepared.restore()
