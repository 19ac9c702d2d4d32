"""Secrets of every source are planted, all that can go wrong goes wrong, and then they are looked for everywhere.

They may be found in the environment files of releases and in the environment of the app's own processes; nowhere else.
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.canaries import APP, NOBODY, SAMPLER, World, canary, sampling
from tests.lab.commands import ROOT
from windlass.lab import files

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("no_secrets")]

RELEASE_COMMAND = "true"
OF_APP = {"SEALED": "sealed", "QUOTED": "quoted", "FILED": "filed", "PRINTED": "printed", "CI_TOKEN": "environment"}


def value_of(canaries: dict[str, str], name: str) -> str:
    """A value with a canary in it, which nothing may take for a template on its way."""
    token = canaries[OF_APP[name]]
    return f"\"{token}'\\\n$HOME {{{{ x }}}} %h" if name == "QUOTED" else f"{token} {{{{ 6 * 7 }}}}"


@pytest.fixture
def world(lab: Lab, project: Path, equipped_host: LabHost, tmp_path: Path) -> World:
    """A host where the login user needs a password for sudo, and an app with secrets of every source."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    (home / ".config/windlass").mkdir(parents=True)
    temporary.mkdir()
    canaries = {name: canary(name) for name in OF_APP.values()}
    values = {name: value_of(canaries, name) for name in OF_APP}
    canaries["sudo"] = lab.careful_password
    canaries["private-key"] = (lab.folder / files.PRIVATE_KEY).read_text().splitlines()[2]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "COLUMNS": "120",
        "CI_TOKEN": values["CI_TOKEN"],
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
    }
    world = World(project, home, temporary, equipped_host, canaries, environment)
    shutil.copytree(ROOT / "tests/apps", project / "apps", dirs_exist_ok=True)
    shutil.rmtree(project / "inventory", ignore_errors=True)
    (project / "inventory/host_vars").mkdir(parents=True)
    (project / "notes.env").write_text(f"FILED='{values['FILED']}'\n")
    (project / "notes.env").chmod(0o600)
    printed = base64.b64encode(values["PRINTED"].encode()).decode()
    app = {
        "source": "apps/notes",
        "wsgi": "notes:create_app()",
        "domains": ["canaries.lab.test"],
        "tls": {"mode": "self-signed"},
        "env_file": "notes.env",
        "secrets": {"PRINTED": {"command": f"echo {printed} | base64 -d"}, "CI_TOKEN": {"env": "CI_TOKEN"}},
        "required_env": list(OF_APP),
        "release_command": RELEASE_COMMAND,
        "health_timeout": 5,
        "drain_timeout": 2,
    }
    variables = {"ansible_user": "careful", "ansible_become_password": lab.careful_password, "apps": {APP: app}}
    (project / "inventory/host_vars" / f"{equipped_host.name}.yml").write_text(yaml.safe_dump(variables))
    world.run("secrets", "init")
    for name in ("SEALED", "QUOTED"):
        world.set_secret(name, values[name])
    canaries["identity"] = (home / ".config/windlass/identity.txt").read_text().splitlines()[-1]
    return world


def test_canaries_are_found_nowhere_else(world: World) -> None:
    name, host = world.host.name, world.host
    there = [*host.engine.command, "exec", "-i", host.container, "python3", "-c", SAMPLER]
    with world.decoys() as decoys:
        with (
            sampling([sys.executable, "-c", SAMPLER], world.canaries) as here,
            sampling(there, world.canaries) as on_host,
        ):
            world.run("provision", name, "--check", "--diff")
            world.run("provision", name, "-vv", "--debug")
            _fail_in_every_way(world, name)
            _succeed_in_every_way(world, name)
        files_there, files_here = world.search_host(), world.search_here()
    uid = int(host.run(f"id -u {APP}"))
    assert environment_of_app(host) == {name: value_of(world.canaries, name) for name in OF_APP}
    assert set(host.run(f"stat -c '%U:%G %a' /srv/{APP}/releases/*/env").splitlines()) == {"root:root 600"}
    said = world.search_said()
    # The search is not blind: it finds the decoys, and what may be found.
    assert decoys <= files_there | files_here
    assert ("decoy", "cmdline", NOBODY) in _processes(on_host)
    assert ("decoy", "environ", NOBODY) in _processes(on_host)
    assert {("decoy", "cmdline", os.getuid()), ("decoy", "environ", os.getuid())} <= _processes(here)
    assert {"decoy"} == {canary for _, canary in said}
    assert {canary for canary, part, owner in _processes(on_host) if (part, owner) == ("environ", uid)} == set(
        OF_APP.values()
    )
    assert {canary for path, canary in files_there if _is_env_file(path)} == set(OF_APP.values())
    [own_log] = units_that_say(host, "RuntimeError")  # there, the app itself has printed its environment
    assert {canary for place, canary in files_there if place == own_log} == set(OF_APP.values())
    found = {
        "processes of the host": [hit for hit in on_host if hit[1:3] != ["environ", uid]],
        # What the user has put into the environment is there in all that the user runs.
        "processes here": [hit for hit in here if hit[:3] != ["environment", "environ", os.getuid()]],
        "what commands said": said,
        "files and journal of the host": [hit for hit in files_there if hit[0] != own_log and not _is_env_file(hit[0])],
        "files here": files_here,
    }
    for where, hits in found.items():
        assert [hit for hit in hits if "decoy" not in hit] == [], where


def _processes(hits: list[list[Any]]) -> set[tuple[str, str, int]]:
    return {(canary, part, uid) for canary, part, uid, _ in hits}


def environment_of_app(host: LabHost) -> dict[str, str]:
    """What the app's own process has of the secrets."""
    pid = f"$(systemctl show -p MainPID --value {APP}@$(basename $(readlink /srv/{APP}/current)).service)"
    variables = dict(line.split("=", 1) for line in host.run(f"cat /proc/{pid}/environ").split("\0") if line)
    return {name: variables[name] for name in OF_APP}


def units_that_say(host: LabHost, word: str) -> set[str]:
    """The journals of units with a word in them."""
    said = host.run(f"journalctl -q -g {word} -o export --output-fields=_SYSTEMD_UNIT | grep ^_SYSTEMD_UNIT=")
    return {f"journal of {line.partition('=')[2]}" for line in said.splitlines()}


def _fail_in_every_way(world: World, name: str) -> None:
    """A failing template, release command, start and health check; a killed agent; Ctrl-C."""
    world.break_template()
    assert "'colour' is undefined" in world.run("deploy", name, "--debug", status=2)
    world.program = ROOT / "deploy.py"
    dump = "import json, os, sys; print(dict(os.environ)); print(json.dumps(dict(os.environ))); sys.exit(1)"
    world.set_app(release_command=f"env; python -c {shlex.quote(dump)}")
    said = world.run("deploy", name, "-vv", "--debug", status=1)
    assert "SEALED=(sensitive)" in said
    (host,) = json.loads(world.run("deploy", name, "--json", status=1))["hosts"]
    assert any("(sensitive)" in each["message"] for each in host["resources"] if each["status"] == "failed")
    world.set_app(release_command=RELEASE_COMMAND)
    world.set_code("raise RuntimeError(repr(dict(os.environ)), '\\n'.join(os.environ.values()))")
    assert "RuntimeError" in world.run("deploy", name, "--debug", status=1)
    world.set_code("app.before_request(lambda: (str(dict(os.environ)), 500))")
    assert "HTTP 500" in world.run("deploy", name, "--debug", status=1)
    # Well while it is deployed; then sick, and half of a secret is in what would be shown of its answer.
    words = "os.environ['SEALED'] + 'x' * 333 + os.environ['FILED']"
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
    world.host.run("while pgrep -x sleep; do sleep 0.1; done", timeout=120)
    running = world.start("deploy", name, "--debug")
    _wait_for(world.host, "pgrep -x sleep")
    running.send_signal(signal.SIGINT)
    assert "interrupted" in world.finish(running, status=130)


def _succeed_in_every_way(world: World, name: str) -> None:
    """A release, a way back and forth, and whatever can be asked for."""
    world.set_code("pass")
    world.set_app(release_command=RELEASE_COMMAND)
    world.run("deploy", name, "--json")
    world.run("provision", name, "--check", "--diff", "-vv")
    world.run("rollback", name, "--debug")
    world.run("provision", name, "--json")
    for ask in ("status", "releases", "audit"):  # together, to take less time
        lines, document = world.start(ask, name), world.start(ask, name, "--json")
        world.finish(lines)
        world.finish(document)
    local = [
        world.start(*words) for words in (("secrets", "list"), ("inventory", "--list"), ("inventory", "--host", name))
    ]
    assert "no difference" in world.run("secrets", "diff", name)
    for running in local:
        world.finish(running)
    world.run("status", world.canaries["decoy"], status=2)


def _wait_for(host: LabHost, condition: str) -> None:
    host.run(f"until {condition}; do sleep 0.1; done", timeout=120)


def _is_env_file(path: str) -> bool:
    return path.startswith(f"/srv/{APP}/releases/") and path.count("/") == 5 and path.endswith("/env")
