"""What a command serves: that of a Procfile, of an image, of a script."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, field, replace

# Options of Gunicorn's that take no value.
_FLAGS = frozenset(
    [
        "--reload", "--preload", "--daemon", "-D", "--check-config", "--print-config", "--capture-output", "-R",
        "--enable-stdio-inheritance", "--no-sendfile", "--spew", "--proxy-protocol", "--reuse-port", "--initgroups",
        "--strip-header-spaces", "--log-syslog", "--disable-redirect-access-to-syslog", "--suppress-ragged-eofs",
        "--do-handshake-on-connect",
    ]
)  # fmt: skip
_SHORT = {
    "-b": "--bind", "-c": "--config", "-k": "--worker-class", "-n": "--name", "-t": "--timeout", "-w": "--workers"
}  # fmt: skip
_OBJECT = re.compile(r"[\w./]+(:[\w.]+(\(.*\))?)?")
# What stands before a program that it starts.
_AROUND = frozenset(
    ["exec", "env", "sudo", "time", "poetry", "pipenv", "uv", "pdm", "run", "-m", "newrelic-admin", "run-program"]
)


@dataclass(frozen=True)
class Server:
    """What a command serves, as `MODULE:APP` or a path, and Gunicorn's options, `--workers` and the like, by name.

    `folder` is where it is started, from the top of the source (`""` = there).
    """

    target: str | None
    options: dict[str, str] = field(default_factory=dict)
    folder: str = ""


def served(command: str) -> Server:
    """What a command serves; the target is None where it is no server of WSGI apps that is known here."""
    folder, words = _last(command)
    server = _server(words)
    folder = posixpath.normpath(posixpath.join(folder, server.options.get("--chdir", "")))
    # An absolute one is a place in an image.
    return replace(server, folder="" if folder == "." or folder.startswith(("/", "..", "$")) else folder)


def words_of(command: str) -> list[str]:
    """The words of a line as a shell takes it apart, `&&` and its like among them; raises ValueError."""
    parts = shlex.shlex(command, posix=True, punctuation_chars=";&|")
    parts.whitespace_split = True
    return list(parts)


def _server(words: list[str]) -> Server:
    while words and (words[0] in _AROUND or "=" in words[0] or re.fullmatch(r"python[\d.]*", words[0])):
        if words[0].startswith("python") and len(words) > 1 and words[1].endswith(".py"):
            return Server(words[1])
        words.pop(0)
    program = words.pop(0).rpartition("/")[2] if words else ""
    if program in ("gunicorn", "gunicorn3"):
        return _gunicorn(words)
    if program in ("flask", "uwsgi"):
        named = {"flask": ("--app", "-A"), "uwsgi": ("--module", "-w", "--wsgi", "--wsgi-file")}[program]
        return Server(_option(words, named))
    if program == "waitress-serve":
        target = next((word for word in reversed(words) if re.fullmatch(r"[A-Za-z_][\w.]*:[\w.]+", word)), None)
        return Server(f"{target}()" if target and "--call" in words else target)
    return Server(None)


def _gunicorn(words: list[str]) -> Server:
    target = None
    options: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word in _FLAGS:
            options[word] = ""
        elif word.startswith("--"):
            name, given, value = word.partition("=")
            options[name] = value if given else words.pop(0) if words else ""
        elif word.startswith("-"):
            name = word[:2]
            options[_SHORT.get(name, name)] = word[2:] or (words.pop(0) if words else "")
        elif target is None and _OBJECT.fullmatch(word):
            target = word
    return Server(target, options)


def _option(words: list[str], names: tuple[str, ...]) -> str | None:
    for number, word in enumerate(words):
        name, given, value = word.partition("=")
        if name in names:
            return value if given else next(iter(words[number + 1 :]), None)
    return None


def _last(command: str) -> tuple[str, list[str]]:
    """The words of the last command of a line that a shell would take apart, and the folder that it has gone to."""
    try:
        words = words_of(command)
    except ValueError:
        return "", []
    if len(words) > 2 and words[0].rpartition("/")[2] in ("sh", "bash") and words[1] in ("-c", "-lc", "-ec"):
        return _last(words[2])
    commands: list[list[str]] = [[]]
    for word in words:
        if word in ("&&", ";", "||"):
            commands.append([])
        else:
            commands[-1].append(word)
    folders = [each[1] for each in commands[:-1] if each[:1] == ["cd"] and len(each) > 1]
    return posixpath.join("", *folders), commands[-1]
