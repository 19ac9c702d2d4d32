"""The one exec of a run: ships the agent over it, and carries messages both ways."""

from __future__ import annotations

import json
import shlex
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from windlass.errors import AgentError, SudoError
from windlass.run.conversation import KEPT, Conversation
from windlass.run.exec import NO_PYTHON, OLD_PYTHON, Exec
from windlass.run.incoming import BOUNDLESS, Budget
from windlass.ssh import connection as ssh
from windlass.ssh.options import PLAIN, ConnectOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    import fabric

    from windlass.agent.messages.answers import Event
    from windlass.agent.messages.requests import Request
    from windlass.host import Connect

AGENT = Path(__file__).parents[1] / "agent"

# Reads the loader and all modules from stdin; one line, so that it survives any login shell's quoting.
STUB = (
    f"import sys;sys.version_info<(3,9) and sys.exit({OLD_PYTHON});"
    "import zlib,json;r=sys.stdin.buffer;p=json.loads(zlib.decompress(r.read(int(r.readline()))));"
    "m='windlass.agent.loader';n={'__name__':m};exec(compile(p[m],'windlass/agent/loader.py','exec'),n);n['start'](p)"
)

# The interpreters that the bootstrap brings.
INSTALLABLE = ("python3", "/usr/bin/python3")
BOOTSTRAP = (
    "export DEBIAN_FRONTEND=noninteractive; command -v apt-get >/dev/null || exit 98; "
    # Kept by the shell until it ends: a dpkg that wrote to a broken connection would stop in the middle.
    "said=$({ apt-get -q -o DPkg::Lock::Timeout=600 update && "
    "apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends python3; } 2>&1) && exit; "
    "status=$?; printf '%s\\n' \"$said\" >&2; exit $status"
)

# What an agent may take to say hello, and apt to install Python (seconds).
GREETING = Budget(60, 1024 * 1024)
INSTALLING = 30 * 60


class Session:
    """An agent that runs on a host, root, over one exec of an open connection; `facts` are from its HELLO."""

    def __init__(
        self,
        connection: fabric.Connection,
        connect: Connect,
        say: Callable[[str], None],
        *,
        may_install: bool = False,
        options: ConnectOptions = PLAIN,
    ) -> None:
        self._connection = connection
        self._connect = connect
        self._say = say
        self._options = options
        self._exec = self._start()
        if self._exec.status == NO_PYTHON:
            self._bootstrap(may_install)
            self._exec = self._start()
        if self._exec.status is not None:
            raise self._exec.error(f"cannot start {connect.python} on the host")
        self._exec.incoming.give(GREETING)
        self._conversation = Conversation(
            self._exec.stdout,
            cast("BinaryIO", self._exec),
            say=say,
            log_in_again=self._log_in_again,
            lost=lambda hint: self._exec.error("the agent ended before it was done", hint=hint),
        )
        self.facts = self._conversation.hello()
        if self.facts["uid"] != 0:
            raise SudoError(
                f"logged in as {connection.user!r}, who is not root, and ansible_become is off",
                hint="Remove `ansible_become: false`, or log in as root.",
            )

    @property
    def execs(self) -> int:
        """How many commands this run has started on the host: one, unless Python had to be installed."""
        return ssh.execs(self._connection)

    @property
    def sent(self) -> int:
        """How many bytes the agent was sent, itself included."""
        return self._exec.sent

    def ask(
        self,
        request: Request,
        contents: Mapping[str, bytes],
        on_event: Callable[[Event], None],
        budget: Budget = BOUNDLESS,
    ) -> None:
        """Sends a request, serves contents, says warnings, and passes every other event on until the agent is done.

        `budget` is for all that it answers. Raises HostError when the agent refuses, with its reason: e.g. another run
        holds the host.
        """
        self._exec.incoming.give(budget)
        self._conversation.ask(request, contents, on_event)

    def send(self, body: bytes) -> None:
        """Sends what a request under way takes beside contents, e.g. a command's input; from any thread."""
        self._conversation.send(body)

    def interrupt(self) -> None:
        """Has the agent stop what it runs, as far as that may be cut off, say how far it came, and go."""
        self._exec.end_input()

    def close(self) -> None:
        """Ends the connection, and so the agent: it does the same, but nobody hears of it."""
        ssh.close(self._connection)

    def _log_in_again(self) -> str:
        """Why a second login by the same way does not work; empty = it does."""
        from windlass.run.second_login import log_in_again

        return log_in_again(self._connection, self._options, self._connect)

    def _start(self) -> Exec:
        python = shlex.quote(self._connect.python)
        # -I and -S: no site packages, no PYTHON* variables, and 10 ms less to start.
        command = f"exec {python} -I -S -c {shlex.quote(STUB)}"
        check = f"command -v {python} >/dev/null || exit {NO_PYTHON}"
        started = Exec(self._connection, self._connect, command, check=check)
        if started.status is None:
            started.write(shipment())
        return started

    def _bootstrap(self, may_install: bool) -> None:
        if self._connect.python not in INSTALLABLE:
            raise AgentError(
                f"there is no {self._connect.python} on the host",
                hint="It is the inventory's `ansible_python_interpreter`: name one that is there, or leave it out:"
                " then it is python3, which `provision` installs.",
            )
        if not may_install:
            raise AgentError("there is no python3 on the host", hint="`provision` without --check installs it.")
        self._say("there is no python3 on the host: installing it")
        installing = Exec(self._connection, self._connect, BOOTSTRAP)
        status = installing.wait(INSTALLING)
        if status == 98:
            raise AgentError(
                "there is no python3 on the host, and no apt-get to install it with",
                hint="Install it by hand, or name one that is there with `ansible_python_interpreter`.",
            )
        if status:
            raise installing.error("cannot install python3 on the host", hint=KEPT)


@cache
def shipment() -> bytes:
    """All modules of `windlass/agent/` by name, compressed, with their length in front."""
    sources = {"windlass": ""}
    for path in sorted(AGENT.rglob("*.py")):
        name = ".".join(path.relative_to(AGENT.parents[1]).with_suffix("").parts)
        sources[name.removesuffix(".__init__")] = path.read_text()
    packed = zlib.compress(json.dumps(sources).encode(), 6)
    return b"%d\n%s" % (len(packed), packed)
