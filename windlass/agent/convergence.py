"""A catalog becomes what is on the host, one resource at a time, and each result is told."""

from __future__ import annotations

import importlib
import time
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Callable

from windlass.agent import files
from windlass.agent.applied import Applied
from windlass.agent.failures import Failed
from windlass.agent.loader import add
from windlass.agent.owed import Owed
from windlass.agent.resources.content import Content
from windlass.agent.resources.resource import Diff, Resource, Unknown, compare
from windlass.agent.resources.theirs import Theirs
from windlass.agent.wire import WireError

if TYPE_CHECKING:
    from windlass.agent.machine import Machine
    from windlass.agent.messages.answers import Result, Status
    from windlass.agent.messages.requests import CatalogEntry, Converge

HIDDEN = "(sensitive)"


class Convergence:
    """One catalog on its way from what is to what is wanted; `tally` takes the resources' names by their status."""

    def __init__(self, machine: Machine, message: Converge, tally: dict[str, list[str]] | None = None) -> None:
        self.machine = machine
        self.tally = {} if tally is None else tally
        self.check: bool = message["check"]
        self.show_patch: bool = message["diff"]
        self.entries = message["catalog"]
        add(message["own_kinds"])
        machine.resources = [self._decode(entry) for entry in self.entries]
        self.owed = Owed(message["state"])
        self.applied = Applied(message["state"])
        self._replaced = f"{message['state']}/replaced"
        self.whole: bool = message["whole"]
        self.would_refresh: set[str] = set()
        self.broken: set[str | None] = set()

    def run(self) -> None:
        """Every resource in order. A failure skips what follows it: of its app if it has one, else everything."""
        for number, (entry, resource) in enumerate(zip(self.entries, self.machine.resources)):
            if self.machine.aborted.is_set():
                break
            self.machine.current = number
            if None in self.broken or entry["app"] in self.broken:
                self._report("skipped", 0.0)
                continue
            start = time.monotonic()
            result = self._try(resource, entry["notify"])
            if result["status"] == "failed":
                self.broken.add(entry["app"])
            self._report(seconds=time.monotonic() - start, **result)
        if not self.check:
            self._give_up()
            whole = self.whole and not self.machine.aborted.is_set()
            self.applied.save(only=self.machine.resources if whole else None)
        if self.whole:
            self._tell_of_left_over_apps()

    def _tell_of_left_over_apps(self) -> None:
        """What a catalog does not have any more goes on being served: nobody has said that it is to be gone."""
        from windlass.agent.release.removal import left_over

        if apps := left_over({entry["app"] for entry in self.entries}):
            self.machine.tell({"type": "left_over", "apps": apps})

    def _give_up(self) -> None:
        """Has changes put back that others, which were not come to, would have taken notice of."""
        for resource in self.machine.resources:
            if resource.name in self.owed:
                resource.give_up()
        self.applied.take_back(self.machine.taken_back)

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
            message = HIDDEN if hide and not error.strerror else files.trouble(error, resource.name)
            return {"status": "failed", "message": message}
        except Exception as bug:  # other apps and the report go on
            words = type(bug).__name__ if hide else f"{type(bug).__name__}: {bug}"
            trace = "" if hide else traceback.format_exc()
            return {"status": "failed", "message": f"a bug in Windlass: {words}", "traceback": trace}

    def _converge(self, resource: Resource, notify: list[str]) -> dict[str, Any]:
        desired = resource.desired()
        actual = resource.actual()
        diff = compare(desired, actual)
        refresh = resource.name in self.owed or resource.name in self.would_refresh
        if not diff and not refresh:
            self.applied.note(resource, desired)
            return {"status": "ok", "notes": resource.notes()}
        drift = self.applied.drift(resource, desired, actual)
        made = not diff or self.applied.has_made(resource, actual)
        theirs = None if made else Theirs(self.machine, resource, self._replaced)
        warnings = [resource.warning() if diff else "", theirs.warning(diff) if theirs and self.check else ""]
        result = {"status": "changed", "diff": _shown(resource, diff), "refreshed": refresh, "drift": drift}
        result["notes"] = _warned(warnings)
        if self.show_patch and diff and not resource.sensitive:
            result["patch"] = resource.patch()
        if self.check:
            self.would_refresh.update(notify)
            return result
        self.machine.tell({"type": "started", "id": self.machine.current, "diff": sorted(diff)})
        if diff:
            self._foresee(resource, notify)
            self.owed.add(notify)
            with theirs or nullcontext():
                self._act(lambda: resource.apply(diff))
            left = compare(desired, resource.actual())
            if left:
                raise Failed(f"not converged: still different after it was applied: {_words(_shown(resource, left))}")
        # At once: after a crash, what was applied must not look as if somebody had changed it.
        self.applied.note(resource, desired)
        self.applied.save()
        if refresh:
            self._act(resource.refresh)
            self.owed.pay(resource.name)
        notes = resource.notes()
        warned = _warned([notes.get("warning", ""), *warnings, theirs.told if theirs else ""])
        return {**result, "notes": {**notes, **warned}}

    def _foresee(self, resource: Resource, notify: list[str]) -> None:
        for other in self.machine.resources:
            if other.name in notify and resource.subject.startswith("/"):
                other.foresee(resource.subject, anew=other.name not in self.owed)

    def _act(self, step: Callable[[], None]) -> None:
        """Changes something on the host, so that what is known of it no longer counts, be it done or not."""
        try:
            step()
        finally:
            self.machine.forget()

    def _report(self, status: Status, seconds: float, **rest: Any) -> None:
        self.tally.setdefault(status, []).append(self.machine.resources[self.machine.current].name)
        message: Result = {
            "type": "result",
            "id": self.machine.current,
            "status": status,
            "seconds": round(seconds, 4),
            **rest,  # type: ignore[typeddict-item]
        }
        try:
            # A run that finds everything in order sends its results in few packets.
            self.machine.tell(message, flush=status not in ("ok", "skipped"))
        except WireError:
            self.machine.tell({**message, "patch": "(its patch is too long to be sent)"})

    def _decode(self, entry: CatalogEntry) -> Resource:
        module, kind = entry["kind"].split(":")
        values = {name: self._value(value) for name, value in entry["fields"].items()}
        resource: Resource = getattr(importlib.import_module(module), kind)(**values)
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


def _warned(warnings: list[str]) -> dict[str, str]:
    """What stands out in the summary, as a note."""
    return {"warning": "\n".join(filter(None, warnings))} if any(warnings) else {}


def _words(diff: dict[str, list[Any]]) -> str:
    return ", ".join(f"{key} is {old!r}, not {new!r}" for key, (old, new) in diff.items())
