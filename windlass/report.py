"""What a person sees of a run: a line per change, progress of what takes long, and a summary."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.catalog import Entry
    from windlass.outcome import Outcome, Result
    from windlass.terminal import Terminal

SYMBOLS = {"ok": " ", "changed": "+", "failed": "x", "skipped": "-", "unknown": "?"}
COLOURS = {"ok": "green", "changed": "yellow", "failed": "red", "skipped": "bright_black", "unknown": "cyan"}
PATCH_COLOURS = {"+": "green", "-": "red", "@": "cyan"}

# A resource that took longer than this has its time shown (seconds).
LONG = 0.5
SCOPE_WIDTH = 18


class Report:
    """Tells a terminal about a run; called from several threads.

    `verbosity` 0 shows changes and failures, 1 also what is in order; `debug` also tracebacks of bugs.
    """

    def __init__(self, terminal: Terminal, *, verbosity: int = 0, check: bool = False, debug: bool = False) -> None:
        self.terminal = terminal
        self.verbosity = verbosity
        self.check = check
        self.debug = debug

    def started(self, host: str) -> None:
        """A host is being connected to."""
        self.terminal.doing(host, "connecting")

    def sayer(self, host: str) -> Callable[[str], None]:
        """A function that shows a sentence about a host."""
        return lambda text: self.terminal.line(f"{host}  {text}")

    def batch(self, hosts: list[str], number: int, count: int) -> None:
        """A batch of hosts begins, out of several."""
        self.terminal.line(self.terminal.paint(f"batch {number} of {count}: {', '.join(hosts)}", "reset", bold=True))

    def reverting(self, apps: dict[str, list[str]]) -> None:
        """Apps go back to where they were, because they failed on another host."""
        places = ", ".join(f"{' and '.join(names)} on {host}" for host, names in apps.items())
        self.terminal.line(self.terminal.paint(f"taking back {places}, for it failed elsewhere", "yellow"))

    def progress(self, host: str, entry: Entry, text: str) -> None:
        """A resource is being applied; `text` says what it does now (empty = only that it began)."""
        self.terminal.doing(host, f"{_scope(entry.role, entry.app)}  {text or entry.resource.name}")
        if text and not self.terminal.live:
            self.terminal.line(f"{host}  {_scope(entry.role, entry.app)}  . {text}")

    def result(self, host: str, result: Result) -> None:
        """A resource is done."""
        if result.status in ("ok", "skipped") and not self.verbosity:
            return
        paint = self.terminal.paint
        symbol = paint(SYMBOLS[result.status], COLOURS[result.status])
        scope = paint(_scope(result.role, result.app), "bright_black")
        self.terminal.line(f"{host}  {scope}  {symbol} {result.resource}{_explain(result, check=self.check)}")
        for line in result.patch.splitlines():
            self.terminal.line(paint(line, PATCH_COLOURS.get(line[:1], "reset")))
        if result.status == "failed":
            lines = [*result.message.splitlines(), *([result.hint] if result.hint else [])]
            if self.debug:
                lines += result.traceback.splitlines()
            self.terminal.line("\n".join(f"    {line}" for line in lines))

    def finished(self, outcome: Outcome) -> None:
        """A host is done, or given up."""
        self.terminal.doing(outcome.host, "")
        if outcome.error:
            words = "\n    ".join(str(outcome.error).splitlines())
            self.terminal.line(f"{outcome.host}  {self.terminal.paint('failed', 'red')}  {words}", error=True)
            if self.debug:
                self.terminal.line("".join(traceback.format_exception(outcome.error)), error=True)

    def summary(self, outcomes: list[Outcome]) -> None:
        """The closing table, and where the apps answer."""
        self.terminal.close()
        self.terminal.line()
        width = max((len(outcome.host) for outcome in outcomes), default=0)
        for outcome in outcomes:
            self.terminal.line(self._tally(outcome, width))
            for note in outcome.notes:
                for line in _lines(note):
                    self.terminal.line(f"{'':{width}}  {line}")

    def _tally(self, outcome: Outcome, width: int) -> str:
        counts = outcome.counts
        shown = [f"{counts['changed']} {'would change' if self.check else 'changed'}", f"{counts['ok']} ok"]
        shown += [f"{counts[status]} {status}" for status in ("unknown", "failed", "skipped") if counts[status]]
        if outcome.error:
            shown = ["not done"]
        worst = "failed" if outcome.exit_status else "changed" if counts["changed"] else "ok"
        name = self.terminal.paint(f"{outcome.host:{width}}", COLOURS[worst], bold=True)
        execs = f", {outcome.execs} SSH exec{'' if outcome.execs == 1 else 's'}" if self.verbosity else ""
        return f"{name}  {', '.join(shown)}, {outcome.seconds:.1f} s{execs}"


def _explain(result: Result, *, check: bool) -> str:
    """What changed (or would, in a check), in a few words: created, removed, or each attribute."""
    would = "would be " if check else ""
    attributes = dict(result.diff)
    existence = attributes.pop("exists", None)
    words = [f"{would}created" if existence[1] else f"{would}removed"] if existence else _changes(attributes)
    if result.refreshed:
        words.append(f"{would}refreshed")
    if result.status == "unknown":
        words.append(result.message)
    if result.seconds > LONG:
        words.append(f"{result.seconds:.1f} s")
    return "".join(f"  {word}" for word in words)


def _scope(role: str, app: str | None) -> str:
    """Role and app, in a column of its own."""
    return f"{f'{role}:{app}' if app else role:{SCOPE_WIDTH}}"


def _changes(attributes: dict[str, list[Any]]) -> list[str]:
    """Attributes that change from the same value to the same value share one phrase."""
    phrases: dict[str, list[str]] = {}
    for name, (old, new) in attributes.items():
        phrases.setdefault(_values(name, old, new), []).append(name)
    return [f"{' '.join(names)} {phrase}" for phrase, names in phrases.items()]


def _values(name: str, old: Any, new: Any) -> str:
    """Short values as `old -> new`, modes in octal; hashes and other long ones are left to `--diff`."""
    if name == "mode" and isinstance(old, int) and isinstance(new, int):
        return f"{old:04o} -> {new:04o}"
    if len(str(old)) > 40 or len(str(new)) > 40:
        return "changed"
    return f"{old} -> {new}"


def _lines(note: dict[str, Any]) -> list[str]:
    """A note of a resource in words; the first line says what it is about."""
    if "release" in note:
        return _release(note)
    words = {**note}
    if "expires" in words:
        words["expires"] = f"certificate until {words['expires']} from {words.pop('issuer', 'an unknown CA')}"
    return ["  ".join(str(word) for word in words.values())]


def _release(note: dict[str, Any]) -> list[str]:
    commit = f" (commit {note['commit'][:8]}{' with changes' if note['dirty'] else ''})" if "commit" in note else ""
    head = f"{note['app']}  release {note['release']}{commit}"
    if "steps" not in note:
        return [f"{head} is current already, and healthy"]
    steps = (f"{step} {took if isinstance(took, str) else f'{took:.1f} s'}" for step, took in note["steps"].items())
    return [head, f"  {', '.join(steps)}", *(f"  {line}" for line in _traffic(note["traffic"]))]


def _traffic(met: dict[str, Any]) -> list[str]:
    """What visitors met while a release took over; none come when there was none before."""
    if "not_measured" in met:
        return [f"the switch was not measured: {met['not_measured']}"]
    if not met:
        return []
    p95 = f", p95 {met['p95'] * 1000:.0f} ms" if met["p95"] is not None else ""
    gap = f", longest gap {met['longest_gap'] * 1000:.0f} ms"
    return [f"during the switch: {met['requests']} requests, {met['failed']} failed{p95}{gap}"]
