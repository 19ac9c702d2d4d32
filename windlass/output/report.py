"""What a person sees of a run: a line per change, progress of what takes long, and a summary."""

from __future__ import annotations

import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any

from windlass.output.folding import FEW, Folding, in_words
from windlass.output.notes import in_lines
from windlass.output.patch_view import painted
from windlass.words import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.output.outcome import Outcome, Progress, Result
    from windlass.output.terminal import Terminal

SYMBOLS = {"ok": " ", "changed": "+", "failed": "x", "skipped": "-", "unknown": "?"}
COLOURS = {"ok": "green", "changed": "yellow", "failed": "red", "skipped": "bright_black", "unknown": "cyan"}
DRIFT_COLOURS = {"changed by hand": "magenta", "pending": "bright_black", "conflict": "red"}

QUIET, NORMAL, VERBOSE, ALL = -1, 0, 1, 2  # values of `verbosity`

# A resource that took longer than this has its time shown (seconds).
LONG = 0.5
SCOPE_WIDTH = 18
# Longer lists of names are cut (names, and characters of a resource's name).
NAMES, NAME_WIDTH = 3, 40
LISTS = ("packages ", "apt-get install ")


class Report:
    """Tells a terminal about a run; called from several threads.

    `verbosity` QUIET shows failures and the last line of each host, NORMAL also changes, VERBOSE also what is in order
    and what is long, ALL also times and what went over SSH; `debug` also tracebacks of bugs.
    """

    def __init__(self, terminal: Terminal, *, verbosity: int = 0, check: bool = False, debug: bool = False) -> None:
        self.terminal = terminal
        self.verbosity = verbosity
        self.check = check
        self.debug = debug
        self._width = 0  # of the hosts' names
        self._folding: dict[str, Folding] = {}

    def started(self, host: str) -> None:
        """A host is being connected to."""
        self._width = max(self._width, len(host))
        self._doing(host, "connecting")

    def sayer(self, host: str) -> Callable[[str], None]:
        """A function that shows a sentence about a host."""
        return lambda text: self._line(f"{host:{self._width}}  {text}")

    def batch(self, hosts: list[str], number: int, count: int) -> None:
        """A batch of hosts begins, out of several."""
        self._line(self.terminal.paint(f"batch {number} of {count}: {', '.join(hosts)}", "reset", bold=True))

    def reverting(self, apps: dict[str, list[str]]) -> None:
        """Apps go back to where they were, because they failed on another host."""
        places = ", ".join(f"{' and '.join(names)} on {host}" for host, names in apps.items())
        self.terminal.line(self.terminal.paint(f"taking back {places}, for it failed elsewhere", "yellow"))

    def progress(self, host: str, progress: Progress) -> None:
        """A resource is being applied."""
        self._unfold(host, before=progress.role)
        scope = _scope(progress.role, progress.app)
        text = progress.text
        if not progress.whole:
            self._doing(host, f"{scope}  {_shortened(text or progress.resource)}")
        if text and (progress.whole or not self.terminal.live):
            text = text if progress.whole or self.verbosity >= VERBOSE else _shortened(text)
            self._line(f"{host:{self._width}}  {scope}  . {text}")

    def result(self, host: str, result: Result) -> None:
        """A resource is done; those of a role that makes much of a fresh host are told in one line."""
        folding = self._folding.setdefault(host, Folding())
        self._unfold(host, before=result.role)
        if self.verbosity == NORMAL and not self.check and folding.takes(result):
            folding.held.append(result)
            return
        if result.status == "failed":
            self._unfold(host)
        self._tell(host, result)

    def _unfold(self, host: str, *, before: str = "") -> None:
        """Tells what was held back, unless it is of the role that goes on."""
        folding = self._folding.get(host)
        held = folding.ready() if folding and folding.held and folding.held[0].role != before else []
        if len(held) <= FEW:
            for result in held:
                self._tell(host, result)
            return
        seconds = sum(result.seconds for result in held)
        scope = self.terminal.paint(_scope(held[0].role, None), "bright_black")
        symbol = self.terminal.paint(SYMBOLS["changed"], COLOURS["changed"])
        took = f"  {seconds:.1f} s" if seconds > LONG else ""
        self.terminal.line(f"{host:{self._width}}  {scope}  {symbol} {in_words(held)}{took}")

    def _tell(self, host: str, result: Result) -> None:
        silent = ("ok", "skipped") if self.verbosity == NORMAL else ("ok", "skipped", "changed", "unknown")
        if self.verbosity < VERBOSE and result.status in silent:
            return
        paint = self.terminal.paint
        symbol = paint(SYMBOLS[result.status], COLOURS[result.status])
        scope = paint(_scope(result.role, result.app), "bright_black")
        name = result.resource if self.verbosity >= VERBOSE else _shortened(result.resource)
        words = [*_explain(result, check=self.check, whole=self.verbosity >= VERBOSE), *self._drift(result)]
        if result.seconds > LONG or (self.verbosity >= ALL and result.status != "skipped"):
            words.append(f"{result.seconds:.1f} s" if result.seconds > LONG else f"{result.seconds * 1000:.1f} ms")
        self.terminal.line("  ".join([f"{host:{self._width}}  {scope}  {symbol} {name}", *words]))
        for line in painted(result.patch, paint):
            self.terminal.line(line, as_it_is=True)
        if result.status == "failed":
            lines = [*result.message.splitlines(), *(result.hint or "").splitlines()]
            if self.debug:
                lines += result.traceback.splitlines()
            self.terminal.line("\n".join(f"    {line}" for line in lines))

    def finished(self, outcome: Outcome) -> None:
        """A host is done, or given up."""
        self._unfold(outcome.host)
        self.terminal.doing(outcome.host, "")
        if outcome.error:
            words = "\n    ".join(str(outcome.error).splitlines())
            name = f"{outcome.host:{self._width}}"
            self.terminal.line(f"{name}  {self.terminal.paint('failed', 'red')}  {words}", error=True)
            if self.debug:
                self.terminal.line(harmless("".join(traceback.format_exception(outcome.error))), error=True)

    def summary(self, outcomes: list[Outcome]) -> None:
        """The closing table, and where the apps answer."""
        self.terminal.close()
        self._line()
        width = max((len(outcome.host) for outcome in outcomes), default=0)
        for outcome in outcomes:
            self.terminal.line(self._tally(outcome, width))
            for note in outcome.notes if self.verbosity > QUIET else ():
                warnings = [self.terminal.paint(line, "yellow") for line in note.get("warning", "").splitlines()]
                for line in [*in_lines(note), *warnings]:
                    self.terminal.line(f"{'':{width}}  {line}")

    def _tally(self, outcome: Outcome, width: int) -> str:
        counts = outcome.counts
        drift = ", ".join(f"{number} {how}" for how in DRIFT_COLOURS if (number := self._drifted(outcome)[how]))
        changed = f"{counts['changed']} {'would change' if self.check else 'changed'}{f' ({drift})' if drift else ''}"
        shown = [changed, f"{counts['ok']} ok"]
        shown += [f"{counts[status]} {status}" for status in ("unknown", "failed", "skipped") if counts[status]]
        if outcome.error:
            shown = ["not done"]
        worst = "failed" if outcome.exit_status else "changed" if counts["changed"] else "ok"
        name = self.terminal.paint(f"{outcome.host:{width}}", COLOURS[worst], bold=True)
        shown.append(f"{outcome.seconds:.1f} s")
        if self.verbosity >= VERBOSE:
            shown.append(f"{outcome.execs} SSH exec{'' if outcome.execs == 1 else 's'}")
        if self.verbosity >= ALL:
            shown.append(f"{outcome.sent / 1000:.1f} kB sent")
        return f"{name}  {', '.join(shown)}"

    def _drift(self, result: Result) -> list[str]:
        """How a difference came about, in words."""
        if result.drift is None or (not self.check and result.drift == "pending"):
            return []
        words = {"conflict": "conflict: changed by hand and in the inventory"}.get(result.drift, result.drift)
        return [self.terminal.paint(words if self.check else f"overwritten: {words}", DRIFT_COLOURS[result.drift])]

    def _drifted(self, outcome: Outcome) -> Counter[str]:
        """What of it is news: that what changed was pending goes without saying."""
        return outcome.drift if self.check else Counter({**outcome.drift, "pending": 0})

    def _line(self, text: str = "") -> None:
        if self.verbosity > QUIET:
            self.terminal.line(text)

    def _doing(self, host: str, text: str) -> None:
        if self.verbosity > QUIET:
            self.terminal.doing(host, text)


def _explain(result: Result, *, check: bool, whole: bool) -> list[str]:
    """What changed (or would, in a check), in a few words: created, removed, or each attribute; `whole` = all names."""
    would = "would be " if check else ""
    attributes = dict(result.diff)
    existence = attributes.pop("exists", None)
    words = [f"{would}created" if existence[1] else f"{would}removed"] if existence else _changes(attributes, whole)
    if result.refreshed:
        words.append(f"{would}refreshed")
    if result.status == "unknown":
        words.append(result.message)
    return words


def _scope(role: str, app: str | None) -> str:
    """Role and app, in a column of its own."""
    return f"{f'{role}:{app}' if app else role:{SCOPE_WIDTH}}"


def _shortened(text: str) -> str:
    """A list of packages, cut where it would fill lines; other texts as they are."""
    if len(text) <= NAME_WIDTH or not text.startswith(LISTS):
        return text
    words = text.split(" ")
    kept = 1
    while len(" ".join(words[: kept + 1])) <= NAME_WIDTH:
        kept += 1
    return f"{' '.join(words[:kept])} ... {len(words) - kept} more"


def _changes(attributes: dict[str, list[Any]], whole: bool) -> list[str]:
    """Attributes that change from the same value to the same value share one phrase."""
    phrases: dict[str, list[str]] = {}
    for name, (old, new) in attributes.items():
        phrases.setdefault(_values(name, old, new), []).append(name)
    return [f"{' '.join(names) if whole else _few(names)} {phrase}" for phrase, names in phrases.items()]


def _few(names: list[str]) -> str:
    return " ".join(names) if len(names) <= NAMES else f"{names[0]} and {len(names) - 1} more"


def _values(name: str, old: Any, new: Any) -> str:
    """Short values as `old -> new`, modes in octal, yes and no; hashes and other long ones are left to `--diff`."""
    if name == "mode" and isinstance(old, int) and isinstance(new, int):
        return f"{old:04o} -> {new:04o}"
    if len(str(old)) > 40 or len(str(new)) > 40:
        return "changed"
    return " -> ".join(
        {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) for value in (old, new)
    )
