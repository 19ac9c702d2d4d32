"""Keys and certification authorities by which people log in, in whichever file sshd looks for them."""

from __future__ import annotations

import base64
import binascii
import glob
import os
import pwd
import re
from typing import TYPE_CHECKING

from windlass.agent.resources.sshd_config import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILES = ".ssh/authorized_keys .ssh/authorized_keys2"
# Options in front of it may hold blanks in quotes, and no such word.
KEY = re.compile(r"(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[\w@.-]+)\s+(AAAA[\w+/=]+)")
SHORTEST = 2048  # bits, as the template for sshd's settings has it
UNSEEN = "may bring keys that nobody has looked at: no ECDSA CA and no RSA key below 2048 bits lets anybody in by it"
NO_PASSWORD = ("!", "*")  # shadow(5)
SHELLS = ("/nologin", "/false", "/sync")


def held_up(lines: list[Line]) -> dict[str, Line]:
    """Settings (in lower case) that would shut out holders of a key, each with the line that lets such a one in."""
    found: dict[str, Line] = {}
    for path in key_files(lines):
        for line, kind, blob in _keys(path):
            if "cert-authority" in line.lower() and "ecdsa-" in kind:
                found.setdefault("casignaturealgorithms", _line(path, line, f"cert-authority {kind}"))
            if kind == "ssh-rsa" and (bits := _bits(blob)) < SHORTEST:
                found.setdefault("requiredrsasize", _line(path, line, f"ssh-rsa of {bits} bits"))
    return found


def key_files(lines: list[Line], users: Iterable[pwd.struct_passwd] | None = None) -> list[str]:
    """The files of authorized keys of all users (None = the host's), by what any line says about them; those there are.

    Also those of users whom the host does not list, such as a directory's, in the usual places.
    """
    patterns = {word for line in lines if line.keyword == "authorizedkeysfile" for word in line.value.split()}
    patterns -= {"none"}
    if not any(line.keyword == "authorizedkeysfile" and line.block is None for line in lines):
        patterns.update(FILES.split())
    found: set[str] = set()
    for pattern in patterns:
        for user in pwd.getpwall() if users is None else users:
            found.add(_path(pattern, user.pw_name, user.pw_dir, str(user.pw_uid)))
        found.update(glob.glob(_path(pattern, "*", "/home/*", "*")))
    return sorted(path for path in found if os.path.isfile(path))


def unseen(lines: list[Line]) -> list[Line]:
    """The lines that have sshd ask a program for keys."""
    return [line for line in lines if line.keyword == "authorizedkeyscommand" and line.value.lower() != "none"]


def without_key(lines: list[Line], shadow: str = "/etc/shadow") -> list[str]:
    """The names of users who have a password and a shell, and no file with a key."""
    with open(shadow, encoding="utf-8", errors="replace") as file:
        passwords = dict(line.split(":")[:2] for line in file if ":" in line and line.split(":")[1])
    people = [user for user in pwd.getpwall() if not user.pw_shell.endswith(SHELLS)]
    return [
        user.pw_name
        for user in people
        if not passwords.get(user.pw_name, "*").startswith(NO_PASSWORD)
        and not any(list(_keys(path)) for path in key_files(lines, [user]) if _is_his(path, user))
    ]


def _is_his(path: str, user: pwd.struct_passwd) -> bool:
    """Not one that another user's name or home has led to."""
    return path.startswith(f"{user.pw_dir.rstrip('/')}/") or user.pw_name in path.split("/")[-1]


def _path(pattern: str, name: str, home: str, number: str) -> str:
    """As sshd_config(5) has the tokens."""
    values = {"%%": "%", "%h": home, "%u": name, "%U": number}
    path = re.sub("%[%huU]", lambda match: values[match[0]], pattern)
    return path if path.startswith("/") else os.path.join(home, path)


def _keys(path: str) -> Iterator[tuple[str, str, str]]:
    """Line, kind and content of each key."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.lstrip().startswith("#") and (match := KEY.search(line)):
                    yield line, match[1], match[2]
    except OSError:
        return


def _line(path: str, line: str, text: str) -> Line:
    """The place and the kind of a key, not the key."""
    with open(path, encoding="utf-8", errors="replace") as file:
        number = next(number for number, each in enumerate(file, 1) if each == line)
    return Line(path, number, text, "", "", None)


def _bits(blob: str) -> int:
    """The length of an RSA key (RFC 4253, 6.6); one that cannot be read counts as long, for sshd refuses it anyway."""
    try:
        data = base64.b64decode(blob)
    except binascii.Error:
        return SHORTEST
    fields = []
    while len(data) >= 4:
        length = int.from_bytes(data[:4], "big")
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return int.from_bytes(fields[2], "big").bit_length() if len(fields) > 2 else SHORTEST
