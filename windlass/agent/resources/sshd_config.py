"""What sshd's files say, line by line, and whom Windlass's own settings would shut out."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass

from windlass.agent.failures import Failed

FOLDER = "/etc/ssh"
# The settings without which there is a method of AuthenticationMethods only on paper. The last is an older name.
SETTINGS = {
    "password": ("PasswordAuthentication",),
    "keyboard-interactive": ("KbdInteractiveAuthentication", "ChallengeResponseAuthentication"),
}
# By these one gets in without a key.
KEYLESS = {"permitemptypasswords", *(name.lower() for names in SETTINGS.values() for name in names)}
ABOUT_LOGINS = {
    *("pubkeyauthentication", "passwordauthentication", "kbdinteractiveauthentication", "permitrootlogin"),
    *("kexalgorithms", "ciphers", "macs", "hostkeyalgorithms", "casignaturealgorithms", "requiredrsasize"),
    *("maxauthtries", "maxsessions", "logingracetime", "allowtcpforwarding", "allowagentforwarding"),
}
LEAVE = "set `ssh: {managed: false}`"


@dataclass(frozen=True)
class Line:
    """A line of a file without its comment, its `keyword` in lower case; all three are empty where it says nothing.

    `block` is the `Match` line that it belongs to; None = it is for everybody.
    """

    path: str
    number: int
    text: str
    keyword: str
    value: str
    block: Line | None

    def __str__(self) -> str:
        scope = f", {self.block.text}" if self.block else ""
        return f"`{self.text}` ({self.path}:{self.number}{scope})"


def read(path: str, block: Line | None = None) -> list[Line]:
    """The lines in the order in which sshd reads them; `block` is the one that the file is included from."""
    found: list[Line] = []
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, raw in enumerate(file, 1):
            text = raw.split("#")[0].replace('"', "").strip()
            keyword, _, value = re.sub(r"[\s=]+", " ", text, count=1).partition(" ")
            line = Line(path, number, text, keyword.lower(), value, None if keyword.lower() == "match" else block)
            if line.keyword == "match":
                block = line  # to the end of this file, whatever includes it
            for pattern in value.split() if line.keyword == "include" else ():
                for name in sorted(glob.glob(os.path.join(FOLDER, pattern))):
                    found += read(name, block)
            found.append(line)
    return found


def left_alone(lines: list[Line]) -> dict[str, Line]:
    """Settings (in lower case) that must stay as the host has them, each with the line because of which."""
    first = {line.keyword: line for line in reversed(lines) if line.block is None}
    left = {"hostkey": first["hostkey"]} if "hostkey" in first else {}
    if "strictmodes" in first and first["strictmodes"].value.lower() == "no":
        left["strictmodes"] = first["strictmodes"]
    if "authenticationmethods" in first:
        methods = _beside_keys(first["authenticationmethods"])
        left.update({name.lower(): first["authenticationmethods"] for method in methods for name in SETTINGS[method]})
    for line in lines:
        if line.keyword == "trustedusercakeys" and _has_ecdsa(line.value):
            left["casignaturealgorithms"] = line
    return left


def refuse_dead_ends(lines: list[Line]) -> None:
    """Raises Failed where AuthenticationMethods asks for what is switched off, or would have to stay on for all."""
    left = left_alone(lines)
    for line in (line for line in lines if line.keyword == "authenticationmethods"):
        if line.block is None:
            if _beside_keys(line) and not _by_key(line):
                hint = f"Have each list there begin with `publickey`, or {LEAVE}."
                raise Failed(f"{line} lets people in without a key", hint=hint)
            continue
        on = {*left, *(one.keyword for one in lines if one.block == line.block and _is_on(one))}
        for names in (SETTINGS[method] for method in sorted(_beside_keys(line))):
            if on.isdisjoint(name.lower() for name in names):
                raise Failed(
                    f"{line} would let nobody in any more, because Windlass sets `{names[0]} no`",
                    hint=f"Put `{names[0]} yes` into the same Match block, or {LEAVE}.",
                )


def keyless(lines: list[Line]) -> list[Line]:
    """The lines of Match blocks by which somebody needs no key, whatever is said for everybody."""
    methods = {line.block: line for line in reversed(lines) if line.keyword == "authenticationmethods"}
    everybody = methods.get(None)
    on_for_all = everybody is not None and bool(_beside_keys(everybody))

    def opens(line: Line) -> bool:
        ways = methods.get(line.block, everybody)
        if ways and _by_key(ways):
            return False
        return _is_on(line) if line.keyword in KEYLESS else on_for_all and line.keyword == "authenticationmethods"

    return [line for line in lines if line.block and opens(line)]


def overruled(lines: list[Line], ours: str) -> list[Line]:
    """The lines for everybody about who gets in, and how, that say otherwise than `ours`, which come first."""
    wanted: dict[str, str] = {}
    for words in (line.split(None, 1) for line in ours.splitlines()):
        if len(words) == 2:
            wanted.setdefault(words[0].lower(), words[1])
    return [
        line
        for line in lines
        if line.block is None and line.keyword in ABOUT_LOGINS and line.value != wanted.get(line.keyword, line.value)
    ]


def _is_on(line: Line) -> bool:
    return line.value.lower() == "yes"


def _ways(methods: Line) -> list[set[str]]:
    """The lists of AuthenticationMethods, of which one will do; of `keyboard-interactive:pam` without the device."""
    return [{method.partition(":")[0] for method in way.split(",")} for way in methods.value.lower().split()]


def _beside_keys(methods: Line) -> set[str]:
    """What AuthenticationMethods asks for beside a key, or instead of one; empty = a key alone will do."""
    asked = [way & set(SETTINGS) for way in _ways(methods)]
    return set().union(*asked) if all(asked) else set()


def _by_key(methods: Line) -> bool:
    return all("publickey" in way for way in _ways(methods))


def _has_ecdsa(path: str) -> bool:
    """Whether a file of certificate authorities has an ECDSA one; it may be `none`."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return any("ecdsa-sha2-" in line for line in file if not line.startswith("#"))
    except OSError:
        return False
