"""ssh_config files, read by paramiko and, where it would lose settings or give them to the wrong hosts, by us.

It passes over Include, takes a comment behind a value for a part of it, and a Match criterion that it does not know,
or that has a capital letter, for one that is met. So files are put where they are included, comments are taken away,
and what cannot be read rightly is refused.
"""

from __future__ import annotations

import glob
import re
import shlex
import subprocess
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko

from windlass.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEEPEST = 16  # files in files, as with ssh
CRITERIA = ("host", "originalhost", "user", "localuser", "exec")  # which take a value
PLAIN_CRITERIA = ("all", "canonical", "final")
EVERY_HOST = "Host *"
EXEC_TIMEOUT = 10  # seconds

# A quoted part, which is kept, or a comment, which begins where a word does.
_COMMENT = re.compile(r"""(\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?:^|\s+)#.*""")
_SETTING = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*)")


class UserConfig(paramiko.SSHConfig):
    """Paramiko's, but for two things.

    `Match exec` of several threads would leave the terminal in disorder; CanonicalizeHostname would lose HostName.
    """

    def canonicalize(self, hostname: str, options: Any, domains: Iterable[str]) -> str:
        """The address that HostName leads to, in the first of the domains that has it; raises ConnectError."""
        address: str = self._tokenize(options, hostname, "hostname", options["hostname"])  # type: ignore[attr-defined]
        proxied = options.get("proxyjump", "none") != "none" or options.get("proxycommand")
        if proxied and options["canonicalizehostname"] != "always":
            return address
        if _is_ip(address) or address.count(".") > int(options.get("canonicalizemaxdots", 1)):
            return address
        try:
            found: str = super().canonicalize(address, options, domains)
        except paramiko.CouldNotCanonicalize:
            raise ConnectError(
                f"none of the CanonicalDomains of ssh_config has {address!r}, and CanonicalizeFallbackLocal is no"
            ) from None
        return found

    def _does_match(
        self, match_list: list[dict[str, Any]], target_hostname: str, canonical: bool, final: bool, options: Any
    ) -> Any:
        commands = [criterion for criterion in match_list if criterion["type"] == "exec"]
        others = [criterion for criterion in match_list if criterion["type"] != "exec"]
        if others and not super()._does_match(others, target_hostname, canonical, final, options):  # type: ignore[misc]
            return False
        for criterion in commands:
            command = self._tokenize(options, target_hostname, "match-exec", criterion["param"])  # type: ignore[attr-defined]
            if _succeeds(command) == criterion["negate"]:
                return False
        return match_list


def _is_ip(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True


def _succeeds(command: str) -> bool:
    shell = ["/bin/sh", "-c", command]
    try:
        done = subprocess.run(
            shell, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=EXEC_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConnectError(f"the Match exec {command!r} of ssh_config does not end within {EXEC_TIMEOUT} s") from None
    return done.returncode == 0


def read_config(name: str) -> str:
    """The text of a file and of those it includes, nothing where it is missing; raises ConnectError."""
    path = Path(name).expanduser()
    return "\n".join(_lines(path, name, path.parent, 1))


def _lines(path: Path, name: str, folder: Path, depth: int) -> Iterator[str]:
    """The lines of a file; `name` is for messages, `folder` where relative paths of includes begin."""
    if depth > DEEPEST:
        raise ConnectError(f"{name} is included by itself, or more than {DEEPEST} files deep")
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise ConnectError(f"{name} cannot be read: {error}") from None
    block = EVERY_HOST
    for number, line in enumerate(lines, 1):
        where = f"{name}:{number}"
        word, value = match.groups() if (match := _SETTING.fullmatch(line)) else ("", "")
        if word and not word.lower().endswith("command"):  # in a command, a # is the shell's
            value = _COMMENT.sub(lambda found: found[1] or "", value).strip()
            line = f"{word} {value}"
        match word.lower():
            case "include":
                yield from _included(value, where, block, folder, depth)
            case "host" | "match":
                block = line if word.lower() == "host" else f"Match {_criteria(value, where)}"
                yield block
            case "port" if not _is_port(value.strip('"')):
                raise ConnectError(f"{where}: Port {value!r} is not a number from 1 to 65535")
            case _:
                yield line


def _included(patterns: str, where: str, block: str, folder: Path, depth: int) -> Iterator[str]:
    found = [
        line
        for pattern in _split(patterns, where)
        for name in sorted(glob.glob(str(folder / Path(pattern).expanduser())))
        for line in _lines(Path(name), name, folder, depth + 1)
    ]
    yield from found
    if not any(_begins_block(line) for line in found):
        return
    if block.split() not in (EVERY_HOST.split(), ["Match", "all"]):
        raise ConnectError(
            f"{where}: an Include inside `{block.strip()}` of a file with Host or Match of its own is not understood",
            hint="Put the Include above the first Host.",
        )
    yield block


def _is_port(text: str) -> bool:
    return re.fullmatch("[0-9]{1,5}", text) is not None and 0 < int(text) < 65536


def _begins_block(line: str) -> bool:
    return line.strip().lower().startswith(("host ", "host=", "match "))


def _criteria(value: str, where: str) -> str:
    """The criteria of a Match in small letters; raises ConnectError for those that paramiko does not have."""
    words = iter(_split(value, where))
    criteria: list[str] = []
    for word in words:
        criterion = word.lower()
        if criterion.removeprefix("!") not in CRITERIA + PLAIN_CRITERIA:
            raise ConnectError(
                f"{where}: `Match {word}` is not understood here",
                hint=f"There are: {', '.join(CRITERIA + PLAIN_CRITERIA)}.",
            )
        criteria.append(criterion)
        if criterion.removeprefix("!") in CRITERIA:
            criteria += [value for value in [next(words, None)] if value is not None]
    return shlex.join(criteria)


def _split(value: str, where: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ConnectError(f"{where}: {value!r} is not understood: {error}") from None
