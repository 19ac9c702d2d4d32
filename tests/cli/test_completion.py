"""Completion in real shells: what is typed is completed as a user sees it."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from roles import APP_ROLES, HOST_ROLES
from tests.lab.commands import ROOT, Commands
from windlass.cli.role_names import all_roles

HOSTS = """
all:
  children:
    web:
      hosts:
        web[1:2]:
      vars:
        apps:
          shop: {source: ./shop, wsgi: "shop:app", domains: [shop.example.com]}
    db:
      hosts: {db1: {timezone: [this, is, wrong]}}
"""
PROGRAM = f"""#!{sys.executable}
import os, sys
sys.path.insert(0, {str(ROOT)!r})
if "_DEPLOY_PY_COMPLETE" in os.environ:
    from windlass.cli.cli import main

    main()
print("given:", *sys.argv[1:], ".")
"""
PATIENCE = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project; its ./deploy.py completes as the real one, and shows what it was given when it is run."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.yml").write_text(HOSTS)
    for name, app in (("group_vars/web.yml", "blog"), ("host_vars/db1/apps.yml", "wiki")):
        (tmp_path / "inventory" / name).parent.mkdir(parents=True)
        (tmp_path / "inventory" / name).write_text(f"apps: {{{app}: {{}}}}\n")
    (tmp_path / "deploy.py").write_text(PROGRAM)
    (tmp_path / "deploy.py").chmod(0o755)
    return tmp_path


def script(shell: str, *options: str) -> str:
    argv = [sys.executable, str(ROOT / "deploy.py"), "completion", shell, *options]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


class Shell:
    """A shell on a terminal of its own, with the completion loaded."""

    def __init__(self, argv: list[str], setup: str, folder: Path) -> None:
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "TERM": "dumb",
                "PS1": "> ",
                "LC_ALL": "C.UTF-8",
            }
            os.chdir(folder)
            os.execvpe(argv[0], argv, {**environment, "WINDLASS_PROJECT": str(folder)})
        self.said = ""
        self.type(f"{setup}; echo rea''dy\n")
        self.expect("ready")

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def expect(self, text: str) -> None:
        """Waits until it shows a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.said:
            left = deadline - time.monotonic()
            assert left > 0, f"no {text!r} in {self.said!r}"
            if select.select([self.terminal], [], [], left)[0]:
                self.said += os.read(self.terminal, 4096).decode(errors="replace")
        self.said = self.said.partition(text)[2]

    def close(self) -> None:
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        os.close(self.terminal)


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["bash", "--norc", "--noprofile", "-i"], id="bash"),
        pytest.param(["zsh", "-f", "-i"], id="zsh"),
    ],
)
def test_a_shell_completes_what_is_typed(argv: list[str], folder: Path) -> None:
    loading = folder / "completion"
    loading.write_text(script(argv[0], "--alias", "d"))
    shell = Shell(argv, f"cd '{folder}'; source ./completion; alias d='{sys.executable} deploy.py'", folder)
    try:
        for typed, given in (
            ("./deploy.py prov", "provision"),
            ("./deploy.py status d", "status db"),
            ("./deploy.py deploy web --app s", "deploy web --app shop"),
            ("./deploy.py provision web --start-at certb", "provision web --start-at certbot"),
            ("./deploy.py provision --skip-tags base,ve", "provision --skip-tags base,venv"),
            ("d provision --accept", "provision --accept-new-host-key"),
            ("./deploy.py status all:\\!d", "status all:!db"),
            ("./deploy.py status 'all:!db1", "status all:!db1"),
            ("./deploy.py status web:\\&d", "status web:&db"),
            ("./deploy.py run web1 -- d", "run web1 -- d"),
        ):
            shell.type(f"{typed}\t\n")
            shell.expect(f"given: {given} .")
    finally:
        shell.close()


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("./deploy.py prov", ["provision\tBring hosts to what inventory and roles say."]),
        ("./deploy.py status ", ["all", "web", "db", "web1", "web2", "db1"]),
        ("./deploy.py status web,!d", ["web,!db", "web,!db1"]),
        ("./deploy.py status all:!d", ["all:!db", "all:!db1"]),
        ("./deploy.py deploy web --app ", ["blog", "shop", "wiki"]),
        *(
            (f"./deploy.py {command} --app s", ["shop"])
            for command in ("run", "audit", "releases", "logs", "secrets show")
        ),
        *(
            (f"./deploy.py {words} web1", ["web1"])
            for words in ("ssh", "run", "inventory --host", "secrets set --host", "secrets edit")
        ),
        ("./deploy.py secrets generate --group d", ["db", "db1"]),
        ("./deploy.py run web1 -- we", []),
        ("./deploy.py run web1 --limit web1 -- flask ", []),
        ("./deploy.py ssh web1 -- we", []),
        ("d provision --start", ["--start-at\tOnly this role and those after it."]),
    ],
)
def test_fish_completes(typed: str, completions: list[str], folder: Path) -> None:
    code = f"{script('fish', '--alias', 'd')}\ncomplete -C {typed!r}"
    environment = {**os.environ, "HOME": str(folder), "WINDLASS_PROJECT": str(folder)}
    fish = shutil.which("fish")
    assert fish, "make test-fast installs it"
    done = subprocess.run(
        [fish, "--no-config", "-c", code], capture_output=True, text=True, env=environment, cwd=folder
    )
    assert (done.stderr, done.stdout.splitlines()) == ("", completions)


def completed(words: str, folder: Path, *python: str) -> subprocess.CompletedProcess[str]:
    """What is told to bash when the last one of these words is completed."""
    environment = {
        **os.environ,
        "WINDLASS_PROJECT": str(folder),
        "_DEPLOY_PY_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    argv = [sys.executable, *python, str(ROOT / "deploy.py")]
    return subprocess.run(argv, capture_output=True, text=True, env=environment)


def test_an_inventory_with_a_fault_goes_on_completing(folder: Path) -> None:
    (folder / "inventory/other.yml").write_text("all: [")
    done = completed("deploy.py status we", folder)
    assert (done.stderr, done.stdout.splitlines()) == ("", ["plain,web", "plain,web1", "plain,web2"])


@pytest.mark.parametrize(
    "words", ["provision we", "status we", "deploy web --serial 1 --app s", "provision --tags b", "prov"]
)
def test_a_tab_loads_no_large_library(words: str, folder: Path) -> None:
    """It waits for each of them: what decides is what is imported, whatever the machine does beside it."""
    done = completed(f"deploy.py {words}", folder, "-X", "importtime")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.stdout
    assert "windlass.cli.cli" in loaded
    assert not loaded & {"pydantic", "jinja2", "rich", "paramiko", "fabric", "cryptography", "roles"}


def test_the_roles_that_are_read_off_the_source_are_those_there_are() -> None:
    assert all_roles(ROOT) == [*HOST_ROLES, *APP_ROLES]


def test_a_shell_or_an_alias_that_is_none_is_refused(folder: Path) -> None:
    usage = (
        "Usage: deploy.py completion [OPTIONS] {bash|zsh|fish}\nTry 'deploy.py completion --help' for help.\n\n"
        "Error: Invalid value for "
    )
    commands = Commands(folder)
    assert commands("completion", "tcsh", status=2).err == (
        f"{usage}'{{bash|zsh|fish}}': 'tcsh' is not one of 'bash', 'zsh', 'fish'.\n"
    )
    assert commands("completion", "bash", "--alias", "a;b", status=2).err == (
        f"{usage}--alias: 'a;b' is not the name of an alias (letters, digits and . _ -)\n"
    )


def test_the_program_can_be_run_as_it_is() -> None:
    assert os.access(ROOT / "deploy.py", os.X_OK)
    assert (ROOT / "deploy.py").read_text().startswith("#!/usr/bin/env python3\n")
