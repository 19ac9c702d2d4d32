"""The command line as a user meets it: real processes, on a project without a host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import run_documents
from tests.lab.commands import ROOT, Commands
from windlass.cli import COMMANDS


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["provison"], "Error: No such command 'provison'. Did you mean 'provision'?"),
        (["frobnicate"], f"Error: No such command 'frobnicate'. There are: {', '.join(COMMANDS)}."),
        (["provision"], "Error: Missing argument 'HOST...'."),
        (["provision", "web", "--chek"], "Error: No such option '--chek'. (Did you mean one of: '--check', '--help'?)"),
        (["provision", "web", "--forks", "0"], "Error: Invalid value for '--forks': 0 is not in the range 1<=x<=100."),
        (["provision", "lab"], "error: unknown host or group 'lab'\n  there is no lab yet: python deploy.py lab up"),
        (
            ["provision", "web"],
            "error: no host matches 'web'\n  the inventory has no hosts: add one to inventory/hosts.yml",
        ),
        (
            ["provision", "web", "--serial", "x"],
            "Error: Invalid value for '--serial': 'x' is not a number of hosts or a percentage, for example 1 or 25%",
        ),
        (["provision", "web", "--quiet", "-v"], "Error: --quiet and --verbose exclude each other."),
        (
            ["provision", "web", "--tags", "ngnix"],
            "Error: Invalid value for '--tags': no role 'ngnix'. Did you mean 'nginx'?",
        ),
        (
            ["provision", "web", "--skip-tags", "base,zzz"],
            "Error: Invalid value for '--skip-tags': no role 'zzz'. There are: base, ssh, firewall, updates,",
        ),
        (
            ["provision", "web", "--start-at", "relase"],
            "Error: Invalid value for '--start-at': no role 'relase'. Did you mean 'release'?",
        ),
        (
            ["provision", "web", "--tags", "base,nginx", "--skip-tags", "nginx", "--start-at", "nginx"],
            "Error: --tags and --skip-tags and --start-at leave none of the roles base, ssh, firewall, updates,",
        ),
        (["deploy", "nosuch"], "error: unknown host or group 'nosuch'"),
        *([[name, "nosuch"], "error: unknown host or group 'nosuch'"] for name in ("status", "releases", "audit")),
        (["lab", "status"], "python deploy.py lab up"),
        (
            ["--project", "/nosuch", "inventory"],
            "Error: Invalid value for '--project': Directory '/nosuch' does not exist.",
        ),
    ],
)
def test_a_mistake_is_one_message_and_status_2(commands: Commands, arguments: list[str], message: str) -> None:
    said = commands(*arguments, status=None)
    assert said.status == (1 if arguments[0] == "lab" else 2)
    assert message in said.err
    assert said.out == ""


def test_an_inventory_mistake_is_refused_with_its_place(commands: Commands) -> None:
    commands.write("inventory/hosts.yml", "all:\n  hosts:\n    web1:\n      timezon: UTC\n")
    said = commands("provision", "web1", status=2)
    assert said.err.startswith("error: inventory/hosts.yml:4:7: ")
    assert "timezone" in said.err


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


def test_help_needs_no_heavy_library() -> None:
    script = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from windlass import cli\n"
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
    said = fab("provision", "--hosts", "nosuch", "-v", "-v", "--quiet", *extra)
    assert "Error: --quiet and --verbose exclude each other." in said.stderr
    said = fab("provision", "--hosts", "all", "--skip-tags", "base", "--start-at", "nginx", "--exit-code", *extra)
    assert said.returncode == 2
    assert "-e serial: serial: 'many' is not" in said.stderr
    assert "-e timezone: timezone: 'Mars' is not" in said.stderr


def test_a_fabric_task_gives_the_exit_status_of_its_command() -> None:
    said = fab("provision", "--hosts", "nosuch")
    assert said.returncode == 2
    assert "unknown host or group 'nosuch'" in said.stderr
