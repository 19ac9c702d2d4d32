"""[H] The agent: runs on the host as root, converges a catalog one resource at a time, and tells what it does."""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import Any, Callable

from windlass.facts import gather
from windlass.lock import Held, Lock
from windlass.machine import Machine
from windlass.owed import Owed
from windlass.resources.content import Content
from windlass.resources.resource import Diff, Failed, Resource, Unknown, compare
from windlass.wire import Message, Wire, WireError

# After the control machine is gone, how long a resource may take to put things back (seconds).
GRACE = 60
HIDDEN = "(sensitive)"


def main() -> None:
    """Speaks on stdin and stdout: HELLO, then what one request asks for, then BYE."""
    # What is printed by accident must not get between the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    wire = Wire(sys.stdin.buffer, out)
    wire.write({"type": "hello", "facts": gather()})
    received = _read(wire)
    if received is None:
        return
    request, _ = received
    inbox: queue.Queue[bytes | None] = queue.Queue()
    machine = Machine(wire, inbox.get)
    threading.Thread(target=_listen, args=(wire, inbox, machine), daemon=True).start()
    refusal = _answer(machine, request)
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


def _answer(machine: Machine, request: Message) -> str:
    """Does what is asked for; gives back why it cannot be (empty = it is done), if that is no one resource's matter."""
    try:
        ANSWERS[request["type"]](machine, request)
    except (Held, Failed) as reason:
        return str(reason)
    except OSError as error:
        return f"the agent cannot work on the host: {_trouble(error)}"
    except Exception as bug:
        traceback.print_exc()
        return f"a bug in Windlass: {type(bug).__name__}: {bug}"
    return ""


def _converge(machine: Machine, request: Message) -> None:
    machine.who = request["who"]
    if request["check"]:
        Convergence(machine, request).run()
        return
    from windlass.audit import Account

    Lock(request["state"], request["who"], request["command"])
    with Account(machine, request) as account:
        Convergence(machine, request, account.tally).run()


def _status(machine: Machine, request: Message) -> None:
    from windlass.status import collect

    machine.tell({"type": "status", **collect(machine, request["apps"])})


def _releases(machine: Machine, request: Message) -> None:
    from windlass.release.listing import listing

    homes = request.get("homes", "/srv")
    apps = [{"name": app, "releases": listing(f"{homes}/{app}")} for app in request["apps"]]
    machine.tell({"type": "releases", "apps": apps})


def _audit(machine: Machine, request: Message) -> None:
    from windlass.audit import FOLDER, Audit

    entries = Audit(request.get("log", FOLDER)).runs(request["count"], request["app"])
    machine.tell({"type": "audit", "entries": entries})


ANSWERS = {"converge": _converge, "status": _status, "releases": _releases, "audit": _audit}


def _listen(wire: Wire, inbox: queue.Queue[bytes | None], machine: Machine) -> None:
    """Passes contents on; at the end of the stream, stops what runs: nobody is there to see it."""
    while (received := _read(wire)) is not None:
        inbox.put(received[1])
    machine.abort()
    inbox.put(None)
    time.sleep(GRACE)
    machine.abort(signal.SIGKILL)
    os._exit(1)


class Convergence:
    """One catalog on its way from what is to what is wanted; `tally` takes the resources' names by their status."""

    def __init__(self, machine: Machine, message: Message, tally: dict[str, list[str]] | None = None) -> None:
        self.machine = machine
        self.tally = {} if tally is None else tally
        self.check: bool = message["check"]
        self.show_patch: bool = message["diff"]
        self.entries: list[dict[str, Any]] = message["catalog"]
        machine.resources = [self._decode(entry) for entry in self.entries]
        self.owed = Owed(message["state"])
        self.would_refresh: set[str] = set()
        self.broken: set[str | None] = set()

    def run(self) -> None:
        """Every resource in order. A failure skips what follows it: of its app if it has one, else everything."""
        for number, (entry, resource) in enumerate(zip(self.entries, self.machine.resources)):
            if self.machine.aborted.is_set():
                return
            self.machine.current = number
            if None in self.broken or entry["app"] in self.broken:
                self._report("skipped", 0.0)
                continue
            start = time.monotonic()
            result = self._try(resource, entry["notify"])
            if result["status"] == "failed":
                self.broken.add(entry["app"])
            self._report(seconds=time.monotonic() - start, **result)

    def _try(self, resource: Resource, notify: list[str]) -> dict[str, Any]:
        # What a sensitive resource's failure says in words of others may have its content in it.
        hide = resource.sensitive
        try:
            return self._converge(resource, notify)
        except Unknown as reason:
            # A probe may miss what an earlier resource would have brought, but only when nothing is applied.
            status = "unknown" if self.check else "failed"
            return {"status": status, "message": HIDDEN if hide else str(reason)}
        except Failed as failure:
            return {"status": "failed", "message": failure.message if hide else str(failure), "hint": failure.hint}
        except OSError as error:
            message = HIDDEN if hide and not error.strerror else _trouble(error, resource.name)
            return {"status": "failed", "message": message}
        except Exception as bug:  # other apps and the report go on
            words = type(bug).__name__ if hide else f"{type(bug).__name__}: {bug}"
            trace = "" if hide else traceback.format_exc()
            return {"status": "failed", "message": f"a bug in Windlass: {words}", "traceback": trace}

    def _converge(self, resource: Resource, notify: list[str]) -> dict[str, Any]:
        desired = resource.desired()
        diff = compare(desired, resource.actual())
        refresh = resource.name in self.owed or resource.name in self.would_refresh
        if not diff and not refresh:
            return {"status": "ok", "notes": resource.notes()}
        result: dict[str, Any] = {"status": "changed", "diff": _shown(resource, diff), "refreshed": refresh}
        if self.show_patch and diff and not resource.sensitive:
            result["patch"] = resource.patch()
        if self.check:
            self.would_refresh.update(notify)
            return result
        self.machine.tell({"type": "started", "id": self.machine.current, "diff": sorted(diff)})
        if diff:
            self.owed.add(notify)
            self._act(lambda: resource.apply(diff))
            left = compare(desired, resource.actual())
            if left:
                raise Failed(f"not converged: still different after it was applied: {_words(_shown(resource, left))}")
        if refresh:
            self._act(resource.refresh)
            self.owed.pay(resource.name)
        return {**result, "notes": resource.notes()}

    def _act(self, step: Callable[[], None]) -> None:
        """Changes something on the host, so that what is known of it no longer counts, be it done or not."""
        try:
            step()
        finally:
            self.machine.forget()

    def _report(self, status: str, seconds: float, **rest: Any) -> None:
        self.tally.setdefault(status, []).append(self.machine.resources[self.machine.current].name)
        message = {
            "type": "result",
            "id": self.machine.current,
            "status": status,
            "seconds": round(seconds, 4),
            **rest,
        }
        # A run that finds everything in order sends its results in few packets.
        self.machine.tell(message, flush=status not in ("ok", "skipped"))

    def _decode(self, entry: dict[str, Any]) -> Resource:
        module, kind = entry["kind"].split(":")
        values = {name: self._value(value) for name, value in entry["fields"].items()}
        resource: Resource = getattr(importlib.import_module(f"windlass.resources.{module}"), kind)(**values)
        resource.machine = self.machine
        return resource

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict) and "$sha256" in value:
            return Content(value["$sha256"], value["$size"], self.machine.fetch)
        return value


def _shown(resource: Resource, diff: Diff) -> dict[str, list[Any]]:
    if resource.sensitive:
        return {key: [HIDDEN, HIDDEN] for key in diff}
    return {key: [old, new] for key, (old, new) in diff.items()}


def _trouble(error: OSError, name: str = "") -> str:
    """The system's words, and the file they are about, or else `name`."""
    about = error.filename or name
    return f"{error.strerror or error}: {about}" if about else str(error.strerror or error)


def _words(diff: dict[str, list[Any]]) -> str:
    return ", ".join(f"{key} is {old!r}, not {new!r}" for key, (old, new) in diff.items())
