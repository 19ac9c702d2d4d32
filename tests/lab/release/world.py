"""An app on a lab host, in the hands of a test: its code is changed, deployed, and looked at on the host."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.commands import Commands
from tests.lab.converging import converge, follow, result, target
from tests.lab.inventory import inventory
from tests.lab.release.browsing import Browsed, browsing
from windlass.lab.visit import Visitor
from windlass.run.plan import Rollbacks

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from windlass.lab import Lab, LabHost
    from windlass.output.outcome import Outcome

ROOT = Path(__file__).parents[3]
NAME = "notes.lab.test"
NOTES: dict[str, Any] = {
    "source": "notes",
    "wsgi": "notes:create_app()",
    "domains": [NAME],
    "tls": "self-signed",
    "static": {"/static": "src/notes/static"},
    "health_timeout": 15,
    "drain_timeout": 15,
    "watch": 1,
    "limits": False,  # wrk asks more than an office does
}
INIT = "src/notes/__init__.py"

# Run on the host, which has no curl.
ASK = """
import http.client, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(30)
    connection.connect(sys.argv[1])
    lines = [f"GET {sys.argv[2]} HTTP/1.1", "Host: x", "Connection: close", *sys.argv[3:], "", ""]
    connection.sendall("\\r\\n".join(lines).encode())
    response = http.client.HTTPResponse(connection)
    response.begin()
    print(response.read().decode())
"""
# One look at all, for each exec into a container takes a tenth of a second.
LOOK = """
import glob, json, os, subprocess
argv = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "notes@*"]
units = [line.split() for line in subprocess.run(argv, stdout=subprocess.PIPE, text=True).stdout.splitlines()]
wants = glob.glob("/etc/systemd/system/*.target.wants/notes@*")
records = [json.load(open(file)) for file in glob.glob("/srv/notes/releases/*/release.json")]
print(json.dumps({
    "current": os.path.basename(os.readlink("/srv/notes/current")),
    "running": [unit[0] for unit in units if unit[2] != "inactive"],
    "enabled": [os.path.basename(link) for link in wants],
    "records": {record["id"]: record for record in records},
    "folders": os.listdir("/srv/notes/releases"),
    "venvs": os.listdir("/srv/notes/venvs"),
    "sockets": [os.path.basename(path) for path in glob.glob("/run/notes/*")],
}))
"""


@dataclass(frozen=True)
class State:
    """How things are with `notes` on a host: the current release, units that run or start at boot, names of files."""

    current: str
    running: list[str]
    enabled: list[str]
    records: dict[str, dict[str, Any]]
    folders: list[str]
    venvs: list[str]
    sockets: list[str]

    @property
    def serves_alone(self) -> bool:
        """Exactly the current release runs and starts at boot."""
        units = [f"notes@{self.current}.service", f"notes@{self.current}.socket"]
        return sorted(self.running) == sorted(self.enabled) == units


class World:
    """A host with `notes` on it, and the app's folder, which tests change and put back."""

    def __init__(self, lab: Lab, host: LabHost, project: Path) -> None:
        self.lab, self.host, self.project = lab, host, project
        self.certificate = ""
        self.restore()

    def provision(self) -> None:
        """Everything, nginx with a self-signed certificate too."""
        outcome = converge(self.lab, self.host, {"notes": NOTES}, self.project, roles=None)
        assert outcome.exit_status == 0, outcome
        self.certificate = self.host.run("cat /etc/nginx/tls/notes/fullchain.pem")

    def restore(self) -> None:
        shutil.rmtree(self.project / "notes", ignore_errors=True)
        shutil.copytree(ROOT / "tests" / "apps" / "notes", self.project / "notes")

    def edit(self, old: str, new: str, file: str = INIT) -> None:
        path = self.project / "notes" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def greet(self, greeting: str) -> None:
        (self.project / "notes" / "src" / "notes" / "greeting.txt").write_text(greeting)

    def deploy(self, **settings: Any) -> Outcome:
        return converge(self.lab, self.host, {"notes": {**NOTES, **settings}}, self.project)

    def well(self, **settings: Any) -> Outcome:
        outcome = self.deploy(**settings)
        assert outcome.error is None
        assert [each for each in outcome.results if each.status == "failed"] == []
        return outcome

    def fails(self, kind: str = "release", **settings: Any) -> str:
        """The words with which a deploy fails."""
        return self.words(self.deploy(**settings), kind)

    def rollback(self, to: str = "", *, check: bool = False, **settings: Any) -> Outcome:
        host = target(self.lab, self.host, {"notes": {**NOTES, **settings}}, self.project)
        return follow(Rollbacks(to=to), host, check=check)

    def commands(self, port: int | None = None, **settings: Any) -> Commands:
        """The command line, in a project whose inventory has this host, reached by another port if one is given."""
        commands = Commands(self.project)
        ports = {self.host.name: port} if port else {}
        commands.write(
            "inventory/hosts.yml", inventory(self.lab, [self.host], ports, apps={"notes": {**NOTES, **settings}})
        )
        return commands

    @staticmethod
    def words(outcome: Outcome, kind: str) -> str:
        """What the user is told of a resource that has failed."""
        assert outcome.exit_status == 1
        failed = result(outcome, kind)
        assert failed.status == "failed"
        assert not failed.traceback
        return f"{failed.message}\n{failed.hint or ''}"

    # --- what visitors see ---

    def browsing(self, path: str = "/", **how: Any) -> AbstractContextManager[Browsed]:
        """Visitors over HTTPS while a block runs."""
        return browsing(self.host, NAME, path, **how)

    def visit(self, path: str = "/") -> str:
        """The body of what a visitor gets over HTTPS."""
        with closing(Visitor(NAME, self.host.address, self.host.https_port, self.certificate)) as visitor:
            status, _, body = visitor.ask("GET", path)
        assert status == 200
        return body.strip()

    # --- what the host says ---

    def ask(self, path: str = "/", app: str = "notes", *headers: str) -> str:
        """The body of what the current release answers."""
        argv = [f"/srv/{app}/current/app.sock", path, *headers]
        return self.host.run(f"python3 -c {shlex.quote(ASK)} {shlex.join(argv)}").strip()

    @property
    def current(self) -> str:
        return self.host.run("readlink /srv/notes/current").strip().rpartition("/")[2]

    def state(self) -> State:
        return State(**json.loads(self.host.run(f"python3 -c {shlex.quote(LOOK)}")))

    def records(self) -> dict[str, dict[str, Any]]:
        return self.state().records

    def is_tidy(self) -> State:
        """Exactly the current release runs and starts at boot, and nothing is left of any other try."""
        deadline = time.monotonic() + 120  # the old one may still have a request
        while not (state := self.state()).serves_alone and time.monotonic() < deadline:
            time.sleep(0.2)
        assert state.serves_alone, state
        assert sorted(state.folders) == sorted(state.records)
        assert state.sockets == [f"{state.current}.sock"]
        assert set(state.venvs) <= {record["venv"].rpartition("/")[2] for record in state.records.values()}
        return state

    def is_idle(self) -> None:
        """No agent runs, and nobody holds the host."""
        wait = "for i in $(seq 1000); do {} && exit 0; sleep 0.1; done; exit 1"
        self.host.run(wait.format("! pgrep -f '[w]indlass.agent.loader'"), timeout=180)
        self.host.run("flock -n /var/lib/windlass/lock true")
