"""The agent: runs on the host as root, does what one request asks for, and tells it."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Callable

from windlass.agent import files
from windlass.agent.convergence import Convergence
from windlass.agent.facts import gather
from windlass.agent.failures import Failed
from windlass.agent.lock import Lock
from windlass.agent.machine import Machine
from windlass.agent.messages.checked import Malformed
from windlass.agent.messages.requests import request as asked_for
from windlass.agent.wire import Message, Wire, WireError

if TYPE_CHECKING:
    from windlass.agent.messages.answers import Hello
    from windlass.agent.messages.documents import AppReleases
    from windlass.agent.messages.requests import (
        AskAudit,
        AskEnvironments,
        AskLogs,
        AskReleases,
        AskStatus,
        Converge,
        RunProgram,
    )

# After the control machine is gone, how long a resource may take to put things back (seconds).
GRACE = 60


def main() -> None:
    """Speaks on stdin and stdout: HELLO, then what one request asks for, then BYE."""
    # What is printed by accident must not get between the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # What tools such as pip make without a mode must be for all to read, whatever root's logins make.
    os.umask(0o022)
    wire = Wire(sys.stdin.buffer, out)
    hello: Hello = {"type": "hello", "facts": gather()}
    wire.write(hello)
    received = _read(wire)
    if received is None:
        return
    inbox: queue.Queue[bytes | None] = queue.Queue()
    machine = Machine(wire, inbox.get)
    threading.Thread(target=_listen, args=(wire, inbox, machine), daemon=True).start()
    refusal = _answer(machine, received[0])
    if refusal:
        machine.tell({"type": "refused", "reason": refusal})
    machine.tell({"type": "bye"})
    # The listener still reads; leaving by the front door would wait for its lock on stdin.
    os._exit(0)


def _read(wire: Wire) -> tuple[Message, bytes] | None:
    """The next message; None when the control machine is gone, be it in the middle of a message."""
    try:
        return wire.read()
    except (WireError, OSError):
        return None


def _answer(machine: Machine, message: Message) -> str:
    """Does what is asked for; gives back why it cannot be (empty = it is done), if that is no one resource's matter."""
    try:
        request = asked_for(message)
        ANSWERS[request["type"]](machine, request)
    except Malformed as fault:
        return f"this is nothing that an agent can be asked: {fault}"
    except WireError as error:
        return f"what is to be told is too much: {error}"
    except Failed as failure:
        return f"{failure}\n  {failure.hint}" if failure.hint else str(failure)
    except OSError as error:
        return f"the agent cannot work on the host: {files.trouble(error)}"
    except Exception as bug:
        traceback.print_exc()
        return f"a bug in Windlass: {type(bug).__name__}: {bug}"
    return ""


def _converge(machine: Machine, request: Converge) -> None:
    machine.who = request["who"]
    if request["check"]:
        Convergence(machine, request).run()
        return
    from windlass.agent.audit import Account

    machine.lock = Lock(request["state"], request["who"], request["command"], machine.await_other)
    machine.heed_abort()
    with Account(machine, request) as account:
        Convergence(machine, request, account.tally).run()


def _status(machine: Machine, request: AskStatus) -> None:
    from windlass.agent.status import collect

    machine.tell({"type": "status", **collect(machine, request["apps"])})


def _environments(machine: Machine, request: AskEnvironments) -> None:
    """Tells the fingerprints of the current releases' environments (None = there is no release), never a value."""
    from windlass.agent.release.environment import deployed

    key = bytes.fromhex(request["key"])
    machine.tell({"type": "environments", "apps": {app: deployed(app, key) for app in request["apps"]}})


def _releases(machine: Machine, request: AskReleases) -> None:
    from windlass.agent.release.listing import listing

    homes = request.get("homes", "/srv")
    apps: list[AppReleases] = [{"name": app, "releases": listing(f"{homes}/{app}")} for app in request["apps"]]
    machine.tell({"type": "releases", "apps": apps})


def _audit(machine: Machine, request: AskAudit) -> None:
    from windlass.agent.audit import FOLDER, Audit

    entries = Audit(request.get("log", FOLDER)).runs(request["count"], request["app"])
    machine.tell({"type": "audit", "entries": entries})


def _logs(machine: Machine, request: AskLogs) -> None:
    from windlass.agent.logs.logs import tell

    tell(machine, request)


def _run(machine: Machine, request: RunProgram) -> None:
    from windlass.agent.oneoff import run

    run(machine, request)


ANSWERS: dict[str, Callable[[Machine, Any], None]] = {
    "audit": _audit,
    "converge": _converge,
    "environments": _environments,
    "logs": _logs,
    "releases": _releases,
    "run": _run,
    "status": _status,
}


def _listen(wire: Wire, inbox: queue.Queue[bytes | None], machine: Machine) -> None:
    """Passes contents on; at the end of the stream, stops what runs: nobody is there to see it."""
    while (received := _read(wire)) is not None:
        inbox.put(received[1])
    machine.abort()
    inbox.put(None)
    time.sleep(GRACE)
    while machine.is_finishing:
        time.sleep(GRACE)
    machine.abort(signal.SIGKILL)
    os._exit(1)
