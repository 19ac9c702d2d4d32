"""Why a process of an app has failed, as far as what it said tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass.agent.release import unwritable
from windlass.agent.release.records import Releases
from windlass.agent.resources import outdated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

# What we, Gunicorn, or Python say in a line that is the reason.
_TELLING = re.compile(
    r"windlass: .*|Failed to find attribute .*|Failed to parse .*|Application object must be callable\."
    r"|.*Perhaps out of memory\?"
    r"|[A-Za-z_][\w.]*(Error|Exception|Exit|NotFound|Refused|Interrupt)(: .*)?"
    r"|.*: Failed to set up mount namespacing: .*"
)
# What the kernel says to a process whose sandbox forbids something, and the setting that opens it.
_FORBIDDEN = {
    r"Read-only file system": "`sandbox: {writable_paths: [...]}` opens folders to the app; its own is /var/lib/APP.",
    r"set up mount namespacing: .*: No such file": "A folder of `sandbox: {writable_paths}` has to be there: make it.",
    r"Address family not supported|Network is unreachable|Temporary failure in name resolution":
        "`sandbox: {network: isolated | loopback | network}` says what the app may connect to.",
    r"Operation not permitted": "Where the app's sandbox forbids it, `sandbox: {allow: [...]}` opens single things,"
        " and loopback is all that `sandbox: {network: loopback}` lets it connect to.",
    r"Permission denied.*memfd|cannot enable executable|failed to map segment|write.execute":
        "`sandbox: {allow: [write-execute]}` lets the app make code at run time.",
    # Where a file is refused, its name follows. Of code at run time systemd 256 and newer have the kernel say this.
    r"\[Errno 13\] Permission denied$": "It may be a port or a socket that is not the app's; if the app makes code at"
        " run time, `sandbox: {allow: [write-execute]}` lets it.",
}  # fmt: skip


def telling(lines: Sequence[str]) -> int | None:
    """The number of the last line that says why; None = there is none."""
    found = [number for number, line in enumerate(lines) if _TELLING.fullmatch(line)]
    return found[-1] if found else None


def hint(machine: Machine, app: str, release: str, lines: Sequence[str], reason: str) -> str | None:
    """What to do about it: by all `lines` of a process of a release, else by the `reason` alone; None = no idea."""
    unwritten = unwritable.advice(Releases(f"/srv/{app}"), app, release, lines)
    return unwritten or outdated.advice(machine, lines) or advice(reason)


def advice(reason: str) -> str | None:
    """Which setting opens what the app's sandbox forbade; None = it is not to blame."""
    found = (words for pattern, words in _FORBIDDEN.items() if re.search(pattern, reason))
    return next(found, None)
