"""The environment of an app: which names and values are refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass.settings.secret_names import is_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# What systemd, Gunicorn, the dynamic loader, the shell and Python read.
_PROCESS = """
    BASH_ENV ENV GLIBC_TUNABLES GUNICORN_CMD_ARGS HOME IFS INVOCATION_ID JOURNAL_STREAM LISTEN_FDNAMES LISTEN_FDS
    LISTEN_PID LOGNAME MAINPID NOTIFY_SOCKET PATH PWD PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE SHELL
    USER VIRTUAL_ENV WATCHDOG_PID WATCHDOG_USEC
"""
# Surrogates, and what Unicode says is no character (systemd, unichar_is_valid).
_NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNSENDABLE = re.compile(f"[\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
# What Stripe, AWS, GitHub, GitLab, Slack and others hand out, hashes of passwords, private keys (also in base64).
_KNOWN_SECRET = re.compile(
    r"\s*([sr]k_(live|test)_|sk-[\w-]{20}|AKIA[0-9A-Z]{16}|gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|SG\.[\w-]{16,}\."
    r"|hvs\.|dop_v1_|pypi-AgEI|https://hooks\.slack\.com/services/|AGE-SECRET-KEY-|eyJ[\w-]{8,}\.eyJ"
    r"|\$(y|5|6|2[aby]|argon2id?)\$|LS0tLS1CRUdJTiB([EFPS]|QUklW))|(?s:.*)-----BEGIN ([A-Z]+ )*PRIVATE KEY",
    re.ASCII,
)
# What is known to others, or says yes or no, whatever its name.
_HARMLESS = re.compile(
    r"\S+\.pub|\s*(ssh-(ed25519|rsa)|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA.*|true|false|yes|no|on|off", re.IGNORECASE
)
_URL_WITH_PASSWORD = re.compile(r"(?<=[A-Za-z0-9+.-])://[^/@\s:]*:([^/@\s]+)@")
_FALSE = frozenset({"", "0", "false", "no", "off", "n", "f"})
_PLACEHOLDER = re.compile(
    r"|<.*>|x{3,}|\*+|(.*[-_ ])?(change|replace)[-_ ]?(me|this|it|in[-_ ]production)(?![a-z]).*|change|replace"
    r"|to[-_ ]?do|fixme|example|placeholder|your[-_ ].*|dev|(django-)?insecure.*|none|null|password|passw0rd|foobar"
    r"|((this is )?(a|my|the|super|very|top|some|dev|flask|jwt|not)[-_ ]*)*secrets?([-_ ]*(key|string|value))?!*",
    re.IGNORECASE | re.DOTALL,
)
LONGEST_PLACEHOLDER = 80
# Keys that stand in tutorials word by word, and so in everybody's notes.
_TUTORIALS = frozenset(
    {
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
        "5791628bb0b13ce0c676dfde280ba245",
        '_5#y2L"F4Q8z\n\xec]/',
        "hard to guess string",
        "this-should-be-changed",
        "this-really-needs-to-be-changed",
        "you-will-never-guess",
    }
)
# What one variable may take, NAME=value with the NUL behind it (Linux, MAX_ARG_STRLEN), and all of them together: the
# kernel's limit is a quarter of the stack's, 2 MiB by default, for arguments and environment (bytes).
LONGEST, LARGEST = 128 * 1024, 1024 * 1024
_DEBUGGER = "the debugger lets any visitor run code on the host"


def is_secret_at(way: Sequence[object]) -> bool:
    """Whether the names on the way to a value say that it is a secret: its own, or that of what it is in.

    What an app is called says nothing, and its `secrets` say only where they are.
    """
    names = way[2:] if way[0] in ("apps", "windlass_apps") else way
    return list(names[:1]) != ["secrets"] and any(isinstance(name, str) and is_secret(name) for name in names)


def is_secret_value(value: str) -> bool:
    """Whether a value says by itself that it is a secret: a key as its issuer writes it, a URL with a password."""
    return bool(_KNOWN_SECRET.match(value) or _URL_WITH_PASSWORD.search(value))


def is_secret_in(way: Sequence[object], value: object) -> bool:
    """Whether a text or the like is a secret, by itself or by the names on the way; nothing, yes and no are not."""
    if value is None or isinstance(value, bool):
        return False
    text = str(value)
    return is_secret_value(text) or (is_secret_at(way) and not _HARMLESS.fullmatch(text))


def secret_in(way: tuple[str, ...], value: object) -> tuple[str, ...] | None:
    """The way to a secret in the value that `way` leads to, lists left out; None = there is none."""
    if isinstance(value, dict):
        return next((found for key, below in value.items() if (found := secret_in((*way, str(key)), below))), None)
    if isinstance(value, list):
        return next((found for below in value if (found := secret_in(way, below))), None)
    return way if is_secret_in(way, value) else None


def shown(text: str, line: str | None = None) -> str:
    """The text in quotes, without what is behind the name of a variable that it may be.

    Where a word of it, or of its line, says that others are a secret: what stands for it.
    """
    words = re.split(r"\W+", line or text)
    if (len(words) > 1 and any(map(is_secret, words))) or is_secret_value(text):
        return "this"
    return repr(re.sub(r"([=:]).+", r"\1...", text, flags=re.DOTALL))


def password_in(value: str) -> str | None:
    """The password of a value that is a URL; None = there is none."""
    found = _URL_WITH_PASSWORD.search(value)
    return found[1] if found else None


def is_name(name: object) -> bool:
    """Whether an environment variable can have such a name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def fault_of_name(name: object, allowed: Collection[str] = ()) -> str | None:
    """Why a name cannot be set, None = it can; `allowed` are names that the user wants in spite of all."""
    if not isinstance(name, str) or not is_name(name):
        return f"{name!r} is not a name of an environment variable (letters, digits and _)"
    if (name in _PROCESS.split() or name.startswith("LD_")) and name not in allowed:
        return (
            f"{name} is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process"
            f" (if you mean it: allow_env: [{name}])"
        )
    return None


def fault_of_value(name: str, value: str) -> str | None:
    """Why a value cannot reach the app, None = it can; never shows the value of anything but a debug switch."""
    if "\0" in value:
        return f"the value of {name} has a NUL character in it, which no environment variable can carry"
    if found := _UNSENDABLE.search(value):
        return (
            f"the value of {name} has U+{ord(found[0]):04X} in it, which is no character of Unicode text:"
            " systemd refuses a file of variables with it"
        )
    size = len(f"{name}=".encode()) + len(value.encode()) + 1
    if size > LONGEST:
        return (
            f"the value of {name} is too long: NAME=value takes {size} bytes, and Linux gives one variable {LONGEST};"
            " put it into a file of the app"
        )
    return _fault_of_debug_switch(name, value)


def as_text(value: object) -> str | None:
    """The text of a value, also of a whole number or truth value: 8000 -> "8000", True -> "true"; None = neither."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | str) else None


def is_placeholder(value: str) -> bool:
    """Whether a value is one that was never meant for production: empty, `changeme`, a tutorial's."""
    words = value.strip()
    return words in _TUTORIALS or (len(words) <= LONGEST_PLACEHOLDER and bool(_PLACEHOLDER.fullmatch(words)))


def _fault_of_debug_switch(name: str, value: str) -> str | None:
    upper = name.upper()
    if (upper == "DEBUG" or upper.endswith("_DEBUG")) and value.strip().lower() not in _FALSE:
        return f"{name}={value} would start the app in debug mode: {_DEBUGGER}"
    if upper == "FLASK_ENV" and value.strip().lower() != "production":
        return f"{name}={value} would start the app in debug mode: {_DEBUGGER}; leave it out or say production"
    if upper == "WERKZEUG_DEBUG_PIN":
        return f"{name} belongs to the debugger, and {_DEBUGGER}"
    return None


def fault_of_inline_secret(name: str, value: str) -> str | None:
    """Why a value must not stand in the inventory, which is committed; None = it may."""
    if is_secret_in((name,), value):
        return f"{name} looks like a secret, and the inventory is committed: ./deploy.py secrets set {name}"
    return None
