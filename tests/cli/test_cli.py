"""The command line as a user meets it: real processes, on a project without a host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import run_documents
from tests.lab.commands import ROOT, Commands
from windlass.cli.cli import COMMANDS


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands.in_new_folder(tmp_path)


def test_help_lists_every_command(commands: Commands) -> None:
    said = commands("--help")
    for name in COMMANDS:
        assert f"\n  {name} " in said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(commands: Commands, name: str) -> None:
    said = commands(name, "--help")
    assert said.out.startswith(f"Usage: deploy.py {name} ")


def test_a_mistake_is_one_message_and_status_2(commands: Commands) -> None:
    said = commands("provision", "lab", status=2)
    assert said.err == "error: unknown host or group 'lab'\n  there is no lab yet: ./deploy.py lab up\n"
    assert said.out == ""


def test_an_inventory_mistake_is_refused_with_its_place(commands: Commands) -> None:
    commands.write("inventory/hosts.yml", "all:\n  hosts:\n    web1:\n      timezon: UTC\n")
    said = commands("provision", "web1", status=2)
    assert said.err == (
        "error: inventory/hosts.yml:4:7: unknown setting 'timezon'; did you mean 'timezone'?"
        " A variable of your own needs another name\n"
    )


@pytest.mark.parametrize("arguments", [["provision", "nosuch"], ["status", "nosuch"], ["provision", "--forks", "0"]])
def test_json_is_a_document_even_when_nothing_could_begin(commands: Commands, arguments: list[str]) -> None:
    said = commands(*arguments, "--json", status=2)
    document = run_documents.read(said.out)
    assert document["hosts"] == []
    assert document["error"]
    assert document["error"] in said.err


def test_debug_shows_the_traceback_and_keeps_the_status() -> None:
    argv = [sys.executable, "deploy.py", "provision", "nosuch", "--debug"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("words", [["settings"], ["settings", "--json"], ["inventory", "--json"]])
def test_output_that_cannot_be_written(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "deploy.py", *words]
        done = subprocess.run(argv, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "error: No space left on device: output\n")


def test_help_needs_no_heavy_library() -> None:
    script = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from windlass.cli import cli\n"
        "cli.run(['--help'])\n"
        "print([name for name in ('paramiko', 'fabric', 'pydantic', 'jinja2', 'rich', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def fab(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [str(Path(sys.executable).with_name("fab")), "-c", "deploy", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_every_command_is_a_fabric_task() -> None:
    said = fab("--list")
    assert said.returncode == 0, said.stderr
    below = {"lab.up", "lab.down", "lab.status", "lab.ssh", "secrets.set", "secrets.show"}
    for name in {*COMMANDS, *below} - {"lab", "run", "secrets", "ssh"}:
        assert f"\n  {name} " in said.stdout
    for name in ("run", "ssh"):  # they end in a command line of their own
        assert f"\n  {name} " not in said.stdout


def test_a_fabric_task_has_the_options_of_its_command() -> None:
    said = fab("--help", "provision")
    for option in ("--check", "--diff", "--tags=STRING", "--json", "--forks=STRING", "--limit=STRING", "--verbose"):
        assert option in said.stdout


def test_a_fabric_task_takes_options_more_than_once(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    commands.write("inventory/hosts.yml", "all:\n  hosts:\n    web1:\n")
    monkeypatch.setenv("WINDLASS_PROJECT", str(commands.folder))
    extra = ["--extra-vars", "x=1", "--extra-vars", "timezone=Mars", "--extra-vars", "serial=many"]
    said = fab("provision", "--hosts", "nosuch", "-v", "-v", "-q", "-e", "x=1")
    assert "Error: --quiet and --verbose exclude each other." in said.stderr
    said = fab("provision", "--hosts", "all", "--skip-tags", "base", "--start-at", "nginx", "--exit-code", *extra)
    assert said.returncode == 2
    assert "-e serial: serial: 'many' is not" in said.stderr
    assert "-e timezone: timezone: 'Mars' is not" in said.stderr


def test_a_fabric_task_gives_the_exit_status_of_its_command() -> None:
    said = fab("provision", "--hosts", "nosuch")
    assert said.returncode == 2
    assert "unknown host or group 'nosuch'" in said.stderr
