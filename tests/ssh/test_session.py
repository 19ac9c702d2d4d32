"""Hosts on which no agent can be started."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import Sshd, host, options
from windlass.errors import AgentError
from windlass.run import reached

if TYPE_CHECKING:
    from pathlib import Path

# Says that it is an old one, and then does what it is told: -I -S -c CODE.
OLD = f"""#!/bin/sh
exec {sys.executable} -I -S -c 'import sys; sys.version_info = (3, 8, 20); exec(sys.argv[1])' "$4"
"""


def refusal(server: Sshd, python: str = "python3", *, install: bool = False) -> str:
    there = host(server.port, key=server.key, become=False, python=python)
    with pytest.raises(AgentError) as raised, reached(there, options(server), print, may_install=install):
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


def test_no_python_where_none_may_be_installed(server: Sshd) -> None:
    assert refusal(server, "nosuch-python3") == (
        "there is no python3 on the host\n  `provision` without --check installs it."
    )


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
    """A host with nothing but these programs."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sh").symlink_to("/bin/sh")
    for name, script in tools.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    bare = f'ForceCommand PATH={tmp_path}/bin exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
    with Sshd(tmp_path / "sshd", bare) as server:
        assert refusal(server, install=True) == said
