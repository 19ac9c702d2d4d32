"""The environment of an app: which names and values are refused, and the env file they come from."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

from windlass.errors import InventoryError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# What systemd, Gunicorn, the dynamic loader, the shell and Python read.
_PROCESS = """
    BASH_ENV ENV GLIBC_TUNABLES GUNICORN_CMD_ARGS HOME IFS INVOCATION_ID JOURNAL_STREAM LISTEN_FDNAMES LISTEN_FDS
    LISTEN_PID LOGNAME MAINPID NOTIFY_SOCKET PATH PWD PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE SHELL
    USER VIRTUAL_ENV WATCHDOG_PID WATCHDOG_USEC
"""
_SECRET = re.compile(
    r"(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|(SECRET|PRIVATE|ACCESS|ENCRYPTION|SIGNING)_KEY)$",
    re.IGNORECASE,
)
_URL_WITH_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/@\s:]*:[^/@\s]+@")
_FALSE = frozenset({"", "0", "false", "no", "off", "n", "f"})
_PLACEHOLDER = re.compile(
    r"|<.*>|x{3,}|(please[-_ ]?)?(change|replace)([-_ ]?(me|this|it).*)?|to[-_ ]?do|fixme|example|placeholder"
    r"|secret|your[-_ ].*|dev|insecure|none|null",
    re.IGNORECASE,
)
_DEBUGGER = "the debugger lets any visitor run code on the host"


def is_secret(name: str) -> bool:
    """Whether a variable's name says that its value is a secret."""
    return bool(_SECRET.search(name))


def fault_of_name(name: object) -> str | None:
    """Why a name cannot be set, None = it can."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{name!r} is not a name of an environment variable (letters, digits and _)"
    if name in _PROCESS.split() or name.startswith("LD_"):
        return f"{name} is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process"
    return None


def fault_of_value(name: str, value: str) -> str | None:
    """Why a value cannot be set, None = it can; never shows the value of anything but a debug switch."""
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        return f"the value of {name} must be one line without control characters"
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
    if is_secret(name) or _URL_WITH_PASSWORD.match(value):
        return f"{name} looks like a secret, and the inventory is committed: put it into the app's env_file"
    return None


def environment(inline: dict[str, str], env_file: Path | None, required: list[str]) -> dict[str, str]:
    """The variables of `env_file` with `inline` on top.

    Raises InventoryError with all that is wrong: a file missing, readable by others, tracked by git or malformed;
    a refused name or value; a required variable that is missing or still a placeholder.
    """
    variables = {**(read_env_file(env_file) if env_file else {}), **inline}
    home = shown(env_file) if env_file else "env"
    faults = []
    for name in required:
        if name not in variables:
            faults.append(f"{home}: {name} is missing, and required_env asks for it")
        elif _PLACEHOLDER.fullmatch(variables[name].strip()):
            faults.append(f"{home}: {name} is still a placeholder; give it its real value")
    if faults:
        raise InventoryError("\n".join(faults))
    return variables


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a dotenv file, as python-dotenv (and so Flask on a laptop) reads them, without expansion."""
    _check_private(path)
    from dotenv.parser import parse_stream

    variables: dict[str, str] = {}
    faults = []
    with path.open(encoding="utf-8") as file:
        for binding in parse_stream(file):
            # A binding's text includes the blank lines before it, and its line number is that of the first.
            text = binding.original.string
            line = binding.original.line + len(text) - len(text.lstrip("\n"))
            name, value = binding.key, binding.value
            if binding.error or (name is not None and value is None):
                faults.append((line, "this is not NAME=value"))
            elif name is not None and value is not None:
                fault = fault_of_name(name) or fault_of_value(name, value)
                if name in variables:
                    fault = f"{name} is set twice"
                variables[name] = value
                faults += [(line, fault)] if fault else []
    if faults:
        raise InventoryError("\n".join(f"{shown(path)}:{line}: {fault}" for line, fault in faults))
    return variables


def _check_private(path: Path) -> None:
    """Raises InventoryError unless the file is there, readable by its owner only, and not tracked by git."""
    name = shown(path)
    if not path.is_file():
        raise InventoryError(
            f"{name}: env_file does not exist",
            hint=f"create it: install -m 600 /dev/null {name}, then one NAME=value per line",
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise InventoryError(f"{name}: mode {mode:04o} lets others read the secrets", hint=f"chmod 600 {name}")
    if _tracked_by_git(path):
        raise InventoryError(
            f"{name}: git tracks this file of secrets",
            hint=f"git rm --cached {name} && echo '{path.name}' >> .gitignore; then change the secrets",
        )


def _tracked_by_git(path: Path) -> bool:
    if not any((folder / ".git").exists() for folder in path.parents):
        return False
    command = ["git", "-C", str(path.parent), "ls-files", "--error-unmatch", "--", path.name]
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def shown(path: Path) -> str:
    """A path as a user would type it: relative to the working directory where it lies inside."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
