"""The command that sets an app up on a host: once, before its first release, and never again when it has succeeded."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Callable

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.release import data, rows
from windlass.agent.release.records import GOOD

if TYPE_CHECKING:
    from windlass.agent.machine import Machine
    from windlass.agent.release.records import Releases

DONE = "setup.json"  # in the app's home, once nothing is to be done any more


def set_up(
    machine: Machine, app: str, releases: Releases, command: str, run: Callable[[], None], *, elsewhere: bool
) -> None:
    """Calls `run`, which runs the setup command, where that has not been done; raises Failed if it does not suffice.

    `elsewhere`: another host has run it for all that have the same database. Where an app has served before anybody
    named a command, it is not run: it would meet what visitors have left.
    """
    path = f"{releases.home}/{DONE}"
    if os.path.exists(path):
        return
    how = "by another host" if elsewhere else "here"
    if any(record.state == GOOD for record in releases.all()):
        how = "not at all: the app had served before"
        words = (
            f"{app} has served before, so its setup command is not run; if it must be: deploy.py run HOST -- {command}"
        )
        machine.tell({"type": "warning", "text": words})
    elif not elsewhere:
        _run(app, command, run)
    known = {"command": command, "how": how, "who": machine.who, "time": int(time.time())}
    files.write(path, json.dumps(known).encode() + b"\n", mode=0o600)


def _run(app: str, command: str, run: Callable[[], None]) -> None:
    before = rows.empty(data.home(app))
    run()
    empty = [path for path in rows.empty(data.home(app)) if path not in before]
    if empty:
        raise Failed(
            f"the setup command `{command}` has left {' and '.join(empty)} with nothing in it",
            hint="It must make the tables. It counts as not run, and the next deploy runs it again.",
        )
