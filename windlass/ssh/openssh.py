"""The OpenSSH client, told what the inventory says of a host; the rest it reads in its own configuration."""

from __future__ import annotations

import shlex
import shutil
from typing import TYPE_CHECKING

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.host import Host


def program() -> str:
    """The path of ssh; raises UsageError where there is none."""
    found = shutil.which("ssh")
    if found is None:
        raise UsageError(
            "there is no ssh program on this machine", hint="Install OpenSSH's client (Debian: openssh-client)."
        )
    return found


def command_line(
    host: Host, command: Sequence[str] = (), *, terminal: bool = False, accept_new_host_key: bool = False
) -> list[str]:
    """The arguments of an ssh that logs in, or runs a shell command (its words are joined by spaces, as ssh does it).

    `terminal` gives a command one, too; a login has it anyway.
    """
    wanted = host.connect
    argv = ["ssh"]
    accepting = ["-o", "StrictHostKeyChecking=accept-new"] if accept_new_host_key else []
    if wanted.user:
        argv += ["-l", wanted.user]
    if wanted.port:
        argv += ["-p", str(wanted.port)]
    # Further keys, those of an agent, could be so many that the host hangs up before this one is tried.
    key = ["-i", str(wanted.key_file), "-o", "IdentitiesOnly=yes"] if wanted.key_file else []
    argv += key
    if wanted.proxy_jump and (key or accepting):
        argv += ["-o", f"ProxyCommand={_through(wanted.proxy_jump.split(','), [*key, *accepting])}"]
    elif wanted.proxy_jump:
        argv += ["-J", wanted.proxy_jump]
    argv += _pinned(wanted.host_key) if wanted.host_key else accepting
    if command and terminal:
        # Without "Connection to ... closed." below what the command said; a key that is taken down is told, though.
        argv += ["-t", *([] if accept_new_host_key else ["-o", "LogLevel=ERROR"])]
    return [*argv, "--", wanted.address, *command]


def _through(hops: list[str], options: list[str]) -> str:
    """The ProxyCommand that -J stands for, with options for the jump hosts, which -J gives to the host alone."""
    *before, last = hops
    words = ["ssh", *options]
    if before:
        words += ["-o", f"ProxyCommand={_through(before, options)}"]
    # Each ssh replaces % once: that of the words is for the next one.
    return shlex.join([*(word.replace("%", "%%") for word in words), "-W", "[%h]:%p", "--", f"ssh://{last}"])


def _pinned(host_key: str) -> list[str]:
    """Options by which this key alone is good, with no file to write and remove (OpenSSH 8.5 and newer)."""
    kind, key = host_key.split()[:2]
    return [
        *("-o", "UserKnownHostsFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null"),
        *("-o", f"KnownHostsCommand=/bin/echo * {kind} {key}", "-o", "StrictHostKeyChecking=yes"),
    ]
