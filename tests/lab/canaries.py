"""Looking for planted secrets on both machines: in files, journals, processes, and in all that commands have said.

A decoy lies in each kind of place from the beginning, so that a search that is blind is noticed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.commands import ROOT
from windlass.lab import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import LabHost

APP = "notes"
INIT = "apps/notes/src/notes/__init__.py"
NOBODY = 65534  # also in PLANTER
# Where anybody may write, whatever TMPDIR says.
SHARED = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]

Found = set[tuple[str, str]]  # place, and name of the canary


def canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(12)}"


# Run on both machines: looks at the arguments and the environment of every process there, again and again, until its
# stdin ends; then tells who had a canary: its name, where it was, the uid, and the arguments.
SAMPLER = """
import json, os, sys, threading
wanted = {name: value.encode() for name, value in json.loads(sys.stdin.readline()).items()}
here = os.readlink("/proc/self/ns/pid")
others = set()  # of another machine, or of the kernel
found, sweeps, ended = set(), 0, threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
while not ended.wait(0.01):
    sweeps += 1
    pids = set(filter(str.isdigit, os.listdir("/proc")))
    others &= pids
    for pid in pids - others:
        try:
            uid = os.stat(f"/proc/{pid}").st_uid
            if os.readlink(f"/proc/{pid}/ns/pid") != here:
                others.add(pid)
                continue
        except PermissionError:
            pass
        except OSError:
            continue
        parts = {part: read(f"/proc/{pid}/{part}") for part in ("cmdline", "environ")}
        if not any(parts.values()) and not os.path.exists(f"/proc/{pid}/exe"):
            others.add(pid)
        words = parts["cmdline"].decode("utf-8", "replace").replace("\\0", " ")[:300]
        found |= {(name, part, uid, words) for name in wanted for part in parts if wanted[name] in parts[part]}
print(json.dumps({"sweeps": sweeps, "found": sorted(found)}))
"""
# Run on the host with a decoy on its stdin: leaves it in the journal, in files, and with a process of nobody's.
PLANTER = """
import base64, os, subprocess, sys
decoy = sys.stdin.read()
for path in sys.argv[1:]:
    with open(path, "ab") as file:
        file.write(b"\\x7fELF\\0" + decoy.encode() + b"\\0")
unit = ["systemd-run", "--quiet", "--wait", "--unit=decoy", "--property=StandardInput=data"]
data = base64.b64encode(b"x" * 5000 + decoy.encode()).decode()
subprocess.run([*unit, f"--property=StandardInputData={data}", "cat"], check=True)
sleep = [sys.executable, "-c", "import time; time.sleep(1000)", decoy]
subprocess.Popen(
    sleep, env={"DECOY": decoy}, user=65534, cwd="/", start_new_session=True,
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
"""
# Run on the host with canaries on its stdin, one a line: tells the units in whose entries they are.
JOURNAL = """
import json, subprocess, sys
wanted, found = sys.stdin.read().split("\\n"), set()
subprocess.run(["journalctl", "--sync"], check=True)
journal = subprocess.Popen(["journalctl", "--quiet", "--all", "--output=json"], stdout=subprocess.PIPE)
for line in journal.stdout:
    entry = json.loads(line)
    # What is not printable comes as bytes; a field that is there twice, as a list of its values.
    flat = [part for value in entry.values() for part in (value if isinstance(value, list) else [value])]
    text = "".join(chr(part) if isinstance(part, int) else str(part) for part in flat)
    found |= {("journal of " + entry.get("_SYSTEMD_UNIT", "?"), canary) for canary in wanted if canary in text}
for place, canary in found:
    print(place, canary, sep="\\0")
"""
DECOYS = [
    "/tmp/decoy", "/var/tmp/decoy", "/var/log/decoy", "/var/lib/decoy", "/run/decoy", "/dev/shm/decoy", "/srv/decoy",
    "/etc/decoy", "/root/.bash_history", "/home/careful/.bash_history", "/core", "/var/lib/systemd/coredump/core.decoy",
]  # fmt: skip


@contextmanager
def sampling(argv: list[str], canaries: dict[str, str]) -> Iterator[list[list[Any]]]:
    """The list is filled at the end: [canary, cmdline or environ, uid, arguments] of each process that had one."""
    found: list[list[Any]] = []
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sampler:
        assert sampler.stdin
        sampler.stdin.write(f"{json.dumps(canaries)}\n")
        sampler.stdin.flush()
        yield found
        told = json.loads(sampler.communicate(timeout=120)[0])
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
    since: float = field(default_factory=time.time)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, str(self.program), "--project", str(self.folder), *arguments]
        return subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment
        )

    def finish(self, running: subprocess.Popen[bytes], *, status: int = 0) -> str:
        output, _ = running.communicate(timeout=300)
        self.said[f"{len(self.said)} {running.args[4:]}"] = output  # type: ignore[index]
        assert running.returncode == status, output.decode()
        return output.decode()

    def run(self, *arguments: str, status: int = 0) -> str:
        return self.finish(self.start(*arguments), status=status)

    def set_secret(self, name: str, value: str) -> None:
        argv = [sys.executable, str(self.program), "--project", str(self.folder), "secrets", "set", name]
        argv += ["--host", self.host.name, "--app", APP]
        said = subprocess.run(argv, input=value.encode(), env=self.environment, capture_output=True)
        assert said.returncode == 0, said
        self.said[f"set {name}"] = said.stdout + said.stderr

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

    @contextmanager
    def decoys(self) -> Iterator[Found]:
        """A decoy in every place that is searched; the places that the search must name, as far as they are files."""
        decoy = self.canaries["decoy"] = canary("decoy")
        planter = ["exec", "-i", self.host.container, "python3", "-c", PLANTER, *DECOYS]
        self.host.run("mkdir -p /var/lib/systemd/coredump")
        self.host.engine.run(*planter, stdin=decoy.encode())
        here = [self.home / ".bash_history", self.temporary / "decoy", self.folder / ".windlass/decoy"]
        shared = [folder / decoy.replace("canary", "test") for folder in SHARED]
        sleep = [sys.executable, "-c", "import time; time.sleep(1000)", decoy]
        try:
            for path in here + shared:
                path.write_text(decoy)
            with subprocess.Popen(sleep, env={"DECOY": decoy}) as sleeping:
                try:
                    yield {
                        (place, "decoy") for place in ("journal of decoy.service", *DECOYS, *map(str, here + shared))
                    }
                finally:
                    sleeping.kill()
        finally:
            for path in here + shared:
                path.unlink(missing_ok=True)

    def search_host(self) -> Found:
        """Files of the host, and its journal after all of it was written."""
        wanted = "\n".join(self.canaries.values()).encode()
        names = {value: name for name, value in self.canaries.items()}
        files_ = "grep -raoHZF --exclude-dir=proc --exclude-dir=sys -f - / 2>/dev/null | sort -u"
        execute = ["exec", "-i", self.host.container]
        lines = self.host.engine.run(*execute, "sh", "-c", files_, stdin=wanted, timeout=120).splitlines()
        lines += self.host.engine.run(*execute, "python3", "-c", JOURNAL, stdin=wanted, timeout=120).splitlines()
        return {(place, names[value]) for place, value in (line.split("\0") for line in lines)}

    def search_said(self) -> Found:
        """What commands have said."""
        return {(words, name) for words, said in self.said.items() for name in self._in(said)}

    def search_here(self) -> Found:
        """The user's home, folders for temporary files and the project; not where the user put canaries."""
        own = {self.home / ".config/windlass/identity.txt", self.folder / "notes.env"}
        own |= {self.folder / ".windlass/lab" / name for name in (*files.ALL, "state.json")}
        own |= {self.folder / "inventory/host_vars" / f"{self.host.name}.yml"}
        paths = [path for top in (self.home, self.temporary, self.folder) for path in top.rglob("*") if path.is_file()]
        paths += [path for top in SHARED for path in self._new_files(top)]
        return {(str(path), name) for path in set(paths) - own for name in self._in(_content(path))}

    def _new_files(self, top: Path) -> Iterator[Path]:
        """What was written since the beginning, by whomever; not by tests in folders of their own."""
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith("pytest-")]
            for path in (Path(folder, name) for name in names):
                try:
                    if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= self.since:
                        yield path
                except OSError:  # gone by now
                    continue

    def _in(self, content: bytes) -> list[str]:
        return [name for name, value in self.canaries.items() if value.encode() in content]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone by now
        return b""
