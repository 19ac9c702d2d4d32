"""Hosts on which no agent can be started, or something else answers in its place."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.projects import project
from tests.ssh.sshd import ME, Sshd, host, options, public
from windlass.agent.facts import gather
from windlass.agent.wire import REQUESTS
from windlass.cli.cli import run
from windlass.errors import AgentError, HostError
from windlass.run.run import reached

if TYPE_CHECKING:
    from pathlib import Path

# Says that it is an old one, and then does what it is told: -I -S -c CODE.
OLD = f"""#!/bin/sh
exec {sys.executable} -I -S -c 'import sys; sys.version_info = (3, 8, 20); exec(sys.argv[1])' "$4"
"""


def refusal(server: Sshd, python: str = "python3", *, install: bool = False) -> str:
    there = host(server.port, key=server.key, become=False, python=python)
    with pytest.raises(HostError) as raised, reached(there, options(server), print, may_install=install):
        pass
    return str(raised.value)


def test_a_python_that_is_too_old(server: Sshd, tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    old.write_text(OLD)
    old.chmod(0o755)
    assert refusal(server, str(old)) == (
        f"{old} on the host is older than Python 3.9, which the agent needs\n"
        "  Install a newer one there, and name it: `ansible_python_interpreter: /usr/bin/python3.11`."
    )


@pytest.mark.parametrize("install", [False, True])
def test_the_inventory_names_a_python_that_is_not_there(server: Sshd, install: bool) -> None:
    assert refusal(server, "/usr/bin/python9", install=install) == (
        "there is no /usr/bin/python9 on the host\n"
        "  It is the inventory's `ansible_python_interpreter`: name one that is there, or leave it out: then it is"
        " python3, which `provision` installs."
    )


def bare(folder: Path, tools: dict[str, str]) -> Sshd:
    """A host with nothing but these programs."""
    (folder / "bin").mkdir()
    (folder / "bin/sh").symlink_to("/bin/sh")
    for name, script in tools.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o755)
    return Sshd(folder / "sshd", f'ForceCommand PATH={folder}/bin exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"')


def test_no_python_where_none_may_be_installed(tmp_path: Path) -> None:
    with bare(tmp_path, {}) as server:
        assert refusal(server) == "there is no python3 on the host\n  `provision` without --check installs it."


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        (
            {},
            (
                "there is no python3 on the host, and no apt-get to install it with\n"
                "  Install it by hand, or name one that is there with `ansible_python_interpreter`."
            ),
        ),
        (
            {"apt-get": "echo 'E: Unable to locate package python3' >&2; exit 100"},
            "cannot install python3 on the host: exit status 100: E: Unable to locate package python3",
        ),
    ],
)
def test_no_python_and_none_to_be_had(tmp_path: Path, tools: dict[str, str], said: str) -> None:
    with bare(tmp_path, tools) as server:
        assert refusal(server, install=True) == said


def saying(folder: Path, *lines: str | dict[str, Any], status: int = 0) -> Path:
    """A program in place of Python that says this and ends."""
    words = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    program = folder / "python"
    program.write_text("\n".join(["#!/bin/sh", *(f"echo {shlex.quote(line)}" for line in words), f"exit {status}"]))
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Segmentation fault"], "the agent sent nonsense: not a message: b'Segmentation fault\\n'"),
        (['{"type": "hello", "size": 9}', "x"], "the agent sent nonsense: a body of 9 bytes"),
        ([{"type": "bye"}], "the agent said 'bye' instead of hello"),
        ([], "the agent ended before it was done: exit status 3: it said nothing"),
        (
            [{"type": "hello", "facts": {**gather(), "uid": 1000}}],
            (
                f"logged in as {ME!r}, who is not root, and ansible_become is off\n"
                "  Remove `ansible_become: false`, or log in as root."
            ),
        ),
    ],
)
def test_something_else_in_place_of_an_agent(server: Sshd, tmp_path: Path, lines: list[Any], said: str) -> None:
    assert refusal(server, str(saying(tmp_path, *lines, status=3))) == said


def test_an_agent_that_is_killed(server: Sshd, tmp_path: Path) -> None:
    program = saying(tmp_path)
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    assert refusal(server, str(program)) == (
        "the agent ended before it was done: it was killed on the host; `journalctl -k` there tells whether memory"
        " ran out"
    )


LOST = "the connection was lost: the host closed the connection"
HELLO = {"type": "hello", "facts": {**gather(), "uid": 0}}
SHOWN = {"type": "shown", "cut": False}


def served_by(server: Sshd, folder: Path, program: Path) -> None:
    """Writes a project whose host has this program for Python, and an app."""
    variables = {
        "ansible_host": "127.0.0.1",
        "ansible_port": server.port,
        "ansible_user": ME,
        "ansible_become": False,
        "ansible_ssh_private_key_file": str(server.key),
        "ansible_python_interpreter": str(program),
        "host_key": public(server.host_keys["ed25519"]),
        "apps": {"shop": {"source": "shop", "wsgi": "shop:app", "domains": ["shop.test"]}},
    }
    files = {"shop/shop.py": "app = None\n", "shop/requirements.txt": "flask\n"}
    project(folder, {**files, "inventory/hosts.yml": json.dumps({"web": {"hosts": {"web1": variables}}})})


@pytest.mark.parametrize(
    ("command", "lines", "said"),
    [
        ("provision web1 --check --tags base", [SHOWN], "web1  failed  the agent said 'shown'\n"),
        ("run web1 -- id", [SHOWN], "error: web1: the agent said 'shown'\n"),
        ("logs web1", [{"type": "more", "pieces": 1}], "web1  failed  the agent said 'more'\n"),
        (
            "run web1 -- id",
            [{"type": "other"}],
            "error: web1: the agent sent nonsense: it is of no type that is known: 'other'\n",
        ),
        (
            "run web1 -- id",
            [{"type": "output", "stream": 1, "data": "?"}],
            "error: web1: what the agent tells of the command's output is no base64\n",
        ),
        ("run web1 -- id", [HELLO], "error: web1: the agent said 'hello' twice\n"),
        (
            "run web1 -- id",
            [{"type": "login"}],
            "error: web1: the agent asks for a login that there is no reason for\n",
        ),
        (
            "run web1 -- id",
            [{"type": "want", "sha256": "12\x1b[2J"}],
            "error: web1: the agent wants a content that is not in the catalog: 12\\x1b[2J\n",
        ),
        (
            "provision web1 --check --tags base",
            [{"type": "result", "id": 999, "status": "ok", "seconds": 0}],
            "web1  failed  the agent speaks of resource 999, which is not in the catalog\n",
        ),
        (
            "provision web1 --check --tags base",
            [{"type": "result", "id": 0, "status": "ok", "seconds": 0}] * 99,
            "web1  failed  the agent has told of more resources than there are\n",
        ),
        ("run web1 -- id", [{"type": "bye"}], "error: web1: the agent ended before the command\n"),
    ],
)
def test_something_else_in_the_middle_of_it(
    server: Sshd, tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str, lines: list[Any], said: str
) -> None:
    served_by(server, tmp_path, saying(tmp_path, HELLO, *lines))
    assert run(["--project", str(tmp_path), *command.split()]) == 1
    assert capfd.readouterr().err == said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "provision web1 --check --tags base",
            f"web1  failed  {LOST}\n      Run again: what was done is kept.\n",
        ),
        ("logs web1 -f", f"web1  failed  {LOST}\n"),
        ("run web1 -- id", f"error: web1: {LOST}\n"),
    ],
)
def test_a_connection_that_is_lost_in_the_middle_of_it(
    server: Sshd, tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str, said: str
) -> None:
    program = saying(tmp_path, HELLO)
    after_the_request = 'read -r size; head -c "$size" >/dev/null; read -r request; kill -9 $PPID'
    program.write_text(program.read_text().replace("exit 0", after_the_request))
    served_by(server, tmp_path, program)
    assert run(["--project", str(tmp_path), *command.split()]) == 1
    assert capfd.readouterr().err == said


def test_more_than_an_agent_takes(server: Sshd) -> None:
    there = host(server.port, key=server.key, become=False, python=sys.executable)
    with pytest.raises(AgentError) as raised, reached(there, options(server), print) as session:
        session.ask({"type": "x" * REQUESTS.line}, {}, print)
    assert str(raised.value) == (
        f"this is too much for one run: a message of {REQUESTS.line + 12} bytes is too long\n"
        "  Do it in parts: --app NAME, or --tags ROLE."
    )
