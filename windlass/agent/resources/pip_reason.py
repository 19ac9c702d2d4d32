"""Why pip failed, in a few of its own words."""

from __future__ import annotations

import re

# Enough for a table of mismatching hashes, too little to hide the reason in.
LONGEST = 12

# pip's word for a build that failed, and the sign that it puts before what went wrong in one.
BUILD = "subprocess-exited-with-error"
_CROSS = "\N{MULTIPLICATION SIGN}"
_BROKEN = re.compile(r"connection broken by '(.*?)': /")
_ERROR = re.compile(r"\s*(ERROR|error): |(?=The conflict is caused by:)")
_NETWORK = "Check the host's network, proxy and /etc/pip.conf."
_HINTS = (
    ("Cannot find command 'git'", "A requirement comes from git: add git to the app's `packages`."),
    ("No space left on device", "Free some space on the disk that /srv is on, then run again."),
    (
        "No matching distribution found",
        "Check name and version, and whether it is there for the host's Python; pip asks the index of /etc/pip.conf.",
    ),
    ("DO NOT MATCH THE HASHES", "Make the hashes again, if you trust the change."),
    ("conflicting dependencies", "Loosen one of the versions, or leave it out."),
    (
        BUILD,
        "Add what the build needs to the app's `packages`, often build-essential and python3-dev.",
    ),
    ("Read timed out", _NETWORK),
)


def explain(output: str) -> tuple[str, str | None]:
    """The reason in pip's output, at most LONGEST lines, and what to do about it (None = no idea)."""
    broken = _BROKEN.findall(output)
    if broken and "from versions: none" in output:
        return f"pip cannot reach the package index: {broken[-1]}", _NETWORK
    hint = next((hint for sign, hint in _HINTS if sign in output), None)
    lines = output.splitlines()
    if BUILD in output:
        return "\n".join(of_build(lines)), hint
    if "ERROR: Exception:" in output:  # pip did not expect it, and prints a traceback
        return output.strip().rpartition("\n")[2], hint
    kept = []
    for number, line in enumerate(lines):
        if _ERROR.match(line):
            kept.append(_ERROR.sub("", line))
            kept += _indented_after(lines, number)
    return "\n".join(dict.fromkeys(kept[:LONGEST])) or output.strip()[-500:] or "pip said nothing", hint


def _indented_after(lines: list[str], number: int) -> list[str]:
    """The lines that continue an error."""
    following = []
    for line in lines[number + 1 :]:
        if not line.startswith("    "):
            break
        following.append(line.rstrip())
    return following


def of_build(lines: list[str]) -> list[str]:
    """What pip says of a build that failed, and behind it the end of what the build said, at most LONGEST lines."""
    start = next((number for number, line in enumerate(lines) if line.lstrip().startswith(_CROSS)), 0)
    end = next((number for number, line in enumerate(lines) if line.lstrip() == "[end of output]"), len(lines))
    said = [line.strip() for line in lines[start + 1 : end] if line.strip()]
    return [lines[start].strip(f" {_CROSS}"), *said[-LONGEST:]]
