"""Secrets of every source are planted, all that can go wrong goes wrong, and then they are looked for everywhere.

They may be found in the environment files of releases and in the environment of the app's own processes; nowhere else.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.commands import ROOT
from windlass.lab import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("no_secrets")]

APP = "notes"
INIT = "apps/notes/src/notes/__init__.py"
RELEASE_COMMAND = "true"


def canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(12)}"


# Run on both machines: looks at the arguments and the environment of every process there, again and again, until its
# stdin ends; then tells who had a canary: its name, where it was, the uid, and the arguments.
SAMPLER = """
import json, os, sys, threading, time
wanted = {name: value.encode() for name, value in json.loads(sys.stdin.readline()).items()}
here = os.readlink("/proc/self/ns/pid")
found, sweeps, ended = set(), 0, threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
while not ended.wait(0.01):
    sweeps += 1
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") != here:
                continue
            uid = os.stat(f"/proc/{pid}").st_uid
            parts = {part: open(f"/proc/{pid}/{part}", "rb").read() for part in ("cmdline", "environ")}
        except OSError:
            continue
        words = parts["cmdline"].decode("utf-8", "replace").replace("\\0", " ")[:300]
        found |= {(name, part, uid, words) for name in wanted for part in parts if wanted[name] in parts[part]}
print(json.dumps({"sweeps": sweeps, "found": sorted(found)}))
"""


@contextmanager
def sampling(argv: list[str], canaries: dict[str, str]) -> Iterator[list[list[Any]]]:
    """The list is filled at the end: [canary, cmdline or environ, uid, arguments] of each process that had one."""
    found: list[list[Any]] = []
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sampler:
        assert sampler.stdin
        sampler.stdin.write(f"{json.dumps(canaries)}\n")
        sampler.stdin.flush()
        yield found
        told = json.loads(sampler.communicate(timeout=30)[0])
    assert told["sweeps"] > 100
    found += told["found"]


@dataclass
class World:
    """A project, its host, the canaries by name, and all that commands have said."""

    folder: Path
    home: Path
    temporary: Path
    host: LabHost
    canaries: dict[str, str]
    environment: dict[str, str]
    program: Path = ROOT / "deploy.py"
    said: dict[str, bytes] = field(default_factory=dict)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, str(self.program), "--project", str(self.folder), *arguments]
        return subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment
        )

    def finish(self, running: subprocess.Popen[bytes], *, status: int) -> str:
        output, _ = running.communicate(timeout=300)
        self.said[f"{len(self.said)} {running.args[4:]}"] = output  # type: ignore[index]
        assert running.returncode == status, output.decode()
        return output.decode()

    def run(self, *arguments: str, status: int = 0) -> str:
        return self.finish(self.start(*arguments), status=status)

    def set_app(self, **settings: Any) -> None:
        path = self.folder / "inventory/host_vars" / f"{self.host.name}.yml"
        known = yaml.safe_load(path.read_text())
        known["apps"][APP].update(settings)
        path.write_text(yaml.safe_dump(known))

    def set_code(self, line: str) -> None:
        """The app's code, with a line before it is complete."""
        text = (ROOT / "tests" / INIT).read_text()
        (self.folder / INIT).write_text(text.replace("    return app\n", f"    {line}\n    return app\n"))

    def break_template(self) -> None:
        """A copy of the whole program one of whose templates fails after the environment was read."""
        copy = self.home.parent / "copy"
        for name in ("windlass", "roles", "templates"):
            shutil.copytree(ROOT / name, copy / name)
        shutil.copy(ROOT / "deploy.py", copy)
        unit = copy / "templates/systemd/app.service.j2"
        unit.write_text(unit.read_text() + "{{ colour }}\n")
        self.program = copy / "deploy.py"

    def mend_template(self) -> None:
        self.program = ROOT / "deploy.py"

    def search_host(self) -> list[str]:
        """The files of the host that have a canary in them, after all of the journal was written."""
        wanted = "\n".join(self.canaries.values()).encode()
        search = "grep -rlaF --exclude-dir=proc --exclude-dir=sys -f - / 2>/dev/null || true"
        journal = "journalctl --sync; journalctl -q --no-pager -o export | grep -aF -f - | head -5"
        engine, container = self.host.engine, self.host.container
        files_ = engine.run("exec", "-i", container, "sh", "-c", search, stdin=wanted, timeout=120).split()
        lines = engine.run("exec", "-i", container, "sh", "-c", f"{journal} || true", stdin=wanted).splitlines()
        return [*files_, *(f"journal: {line}" for line in lines)]

    def search_said(self) -> list[str]:
        """The canaries in what commands have said."""
        wanted = {name: value.encode() for name, value in self.canaries.items()}
        return [f"{name} by {words}" for words, said in self.said.items() for name in wanted if wanted[name] in said]

    def search_here(self) -> list[str]:
        """Files of the user's home, the temporary folder and Windlass's own notes; not where the user put canaries."""
        own = {self.home / ".config/windlass/identity.txt", self.folder / "notes.env"}
        own |= {self.folder / ".windlass/lab" / name for name in (*files.ALL, "state.json")}
        own |= {self.folder / "inventory/host_vars" / f"{self.host.name}.yml"}
        paths = [path for top in (self.home, self.temporary, self.folder) for path in top.rglob("*") if path.is_file()]
        wanted = {name: value.encode() for name, value in self.canaries.items()}
        found = []
        for path in set(paths) - own:
            content = path.read_bytes()
            found += [f"{name} in {path}" for name, value in wanted.items() if value in content]
        return found


@pytest.fixture
def world(lab: Lab, project: Path, fresh_host: LabHost, tmp_path: Path) -> World:
    """A host where the login user needs a password for sudo, and an app with secrets of every source."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    (home / ".config/windlass").mkdir(parents=True)
    temporary.mkdir()
    canaries = {name: canary(name) for name in ("sealed", "quoted", "filed", "printed", "environment")}
    canaries["sudo"] = lab.careful_password
    canaries["private-key"] = (lab.folder / files.PRIVATE_KEY).read_text().splitlines()[2]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "COLUMNS": "120",
        "CI_TOKEN": canaries["environment"],
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
    }
    world = World(project, home, temporary, fresh_host, canaries, environment)
    shutil.copytree(ROOT / "tests/apps", project / "apps", dirs_exist_ok=True)
    shutil.rmtree(project / "inventory", ignore_errors=True)
    (project / "inventory/host_vars").mkdir(parents=True)
    (project / "notes.env").write_text(f"FILED={canaries['filed']}\n")
    (project / "notes.env").chmod(0o600)
    printed = base64.b64encode(canaries["printed"].encode()).decode()
    app = {
        "source": "apps/notes",
        "wsgi": "notes:create_app()",
        "domains": ["canaries.lab.test"],
        "tls": {"mode": "self-signed"},
        "env_file": "notes.env",
        "secrets": {"PRINTED": {"command": f"echo {printed} | base64 -d"}, "CI_TOKEN": {"env": "CI_TOKEN"}},
        "required_env": ["FILED", "PRINTED", "CI_TOKEN", "SEALED", "QUOTED"],
        "release_command": RELEASE_COMMAND,
        "health_timeout": 5,
        "drain_timeout": 2,
    }
    variables = {"ansible_user": "careful", "ansible_become_password": lab.careful_password, "apps": {APP: app}}
    (project / "inventory/host_vars" / f"{fresh_host.name}.yml").write_text(yaml.safe_dump(variables))
    for name, value in (("SEALED", canaries["sealed"]), ("QUOTED", f"\"{canaries['quoted']}'\\\n$HOME {{{{ x }}}} %h")):
        if not (project / "inventory/secrets/recipients.txt").exists():
            world.run("secrets", "init")
        argv = [sys.executable, str(world.program), "--project", str(project), "secrets", "set", name]
        argv += ["--host", fresh_host.name, "--app", APP]
        said = subprocess.run(argv, input=value.encode(), env=environment, capture_output=True)
        assert said.returncode == 0, said
        world.said[f"set {name}"] = said.stdout + said.stderr
    identity = (home / ".config/windlass/identity.txt").read_text().splitlines()[-1]
    canaries["identity"] = identity
    return world


def test_canaries_are_found_nowhere_else(world: World) -> None:
    name, host = world.host.name, world.host
    there = [*host.engine.command, "exec", "-i", host.container, "python3", "-c", SAMPLER]
    with sampling([sys.executable, "-c", SAMPLER], world.canaries) as here, sampling(there, world.canaries) as on_host:
        world.run("provision", name, "--check", "--diff")
        world.run("provision", name, "-vv", "--debug")
        _fail_in_every_way(world, name)
        world.set_code("pass")
        world.set_app(release_command=RELEASE_COMMAND)
        world.run("deploy", name)
        world.run("provision", name, "--check", "--diff", "-vv")
        world.run("rollback", name, "--debug")
        world.run("deploy", name)
        for ask in ("status", "releases", "audit"):
            world.run(ask, name)
            world.run(ask, name, "--json")
        world.run("secrets", "list")
        assert "no difference" in world.run("secrets", "diff", name)
        world.run("inventory", "--list")
        world.run("inventory", "--host", name)
    uid = int(host.run(f"id -u {APP}"))
    files_there = world.search_host()
    # The search is not blind: it finds what may be found.
    of_app = {canary for canary, part, owner, _ in on_host if part == "environ" and owner == uid}
    assert of_app == {"sealed", "quoted", "filed", "printed", "environment"}
    assert any(map(_is_env_file, files_there))
    modes = host.run(f"stat -c '%U:%G %a' /srv/{APP}/releases/*/env").splitlines()
    assert set(modes) == {"root:root 600"}
    found = {
        "processes of the host": [hit for hit in on_host if hit[1] == "cmdline" or hit[2] != uid],
        # What the user has put into the environment is there in all that the user runs.
        "processes here": [hit for hit in here if hit[:3] != ["environment", "environ", os.getuid()]],
        "what commands said": world.search_said(),
        "files and journal of the host": [path for path in files_there if not _is_env_file(path)],
        "files here": world.search_here(),
    }
    assert found == {key: [] for key in found}


def _fail_in_every_way(world: World, name: str) -> None:
    """A failing template, release command, start and health check; a killed agent; Ctrl-C."""
    world.break_template()
    assert "'colour' is undefined" in world.run("deploy", name, "--debug", status=2)
    world.mend_template()
    dump = "import json, os, sys; print(dict(os.environ)); print(json.dumps(dict(os.environ))); sys.exit(1)"
    world.set_app(release_command=f"env; python -c {shlex.quote(dump)}")
    said = world.run("deploy", name, "-vv", "--debug", status=1)
    assert "SEALED=(sensitive)" in said
    said = json.loads(world.run("deploy", name, "--json", status=1))["hosts"][0]["resources"][-1]["message"]
    assert "(sensitive)" in said
    world.set_app(release_command=RELEASE_COMMAND)
    world.set_code("raise RuntimeError(repr(dict(os.environ)), '\\n'.join(os.environ.values()))")
    assert "RuntimeError" in world.run("deploy", name, "--debug", status=1)
    world.set_code("app.before_request(lambda: (str(dict(os.environ)), 500))")
    assert "HTTP 500" in world.run("deploy", name, "--debug", status=1)
    # Well while it is deployed; then sick, and half of a secret is in what would be shown of its answer.
    words = "os.environ['SEALED'] + 'x' * 345 + os.environ['FILED']"
    world.set_code(f"app.before_request(lambda: ({words}, 500) if (folder / 'sick').exists() else None)")
    world.run("deploy", name)
    world.host.run(f"touch /var/lib/{APP}/sick")
    for json_or_lines in ([], ["--json"]):
        said = world.run("status", name, *json_or_lines, status=1)
        assert "HTTP 500: (sensitive)xxx" in said
        assert "canary-" not in said
    world.run("provision", name, "--check", "--diff", "-vv", "--debug")
    world.host.run(f"rm /var/lib/{APP}/sick")
    world.set_code("pass")
    world.set_app(release_command="sleep 5")
    running = world.start("deploy", name, "--debug")
    _wait_for(world.host, "pgrep -x sleep")
    pid = '$(python3 -c \'import json; print(json.load(open("/var/lib/windlass/lock"))["pid"])\')'
    world.host.run(f"kill -KILL {pid}")
    assert "the agent ended before it was done" in world.finish(running, status=1)
    world.host.run("while pgrep -x sleep; do sleep 0.1; done", timeout=30)
    running = world.start("deploy", name, "--debug")
    _wait_for(world.host, "pgrep -x sleep")
    running.send_signal(signal.SIGINT)
    assert "interrupted" in world.finish(running, status=130)


def _wait_for(host: LabHost, condition: str) -> None:
    host.run(f"until {condition}; do sleep 0.1; done", timeout=60)


def _is_env_file(path: str) -> bool:
    return path.startswith(f"/srv/{APP}/releases/") and path.count("/") == 5 and path.endswith("/env")
