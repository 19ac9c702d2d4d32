"""Secrets that are not in the inventory: in an env file, this machine's environment, or given by a command."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.env_file import read_env_file
from windlass.settings.environment import fault_of_value
from windlass.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from windlass.settings import AppSettings
    from windlass.settings.secret import SecretSource


def own_secrets(app: AppSettings) -> dict[str, Secret]:
    """Those of an app's `env_file` and `secrets`, each read once. Raises InventoryError with all that is wrong."""
    return app.secrets_read_by(lambda app: secrets_from(app.env_file, app.secrets, app.project, app.allow_env))


def secrets_from(
    env_file: Path | None, sources: Mapping[str, SecretSource], folder: Path, allowed: Collection[str]
) -> dict[str, Secret]:
    """The secrets of an env file (None = none) and of other sources, whose commands run in `folder`.

    `allowed` are names that are refused otherwise. Raises InventoryError with all that is wrong, and no value.
    """
    found = read_env_file(env_file, allowed) if env_file else {}
    faults = [
        f"secrets: {name} is set at {found[name].place} already; remove one of the two"
        for name in sources
        if name in found
    ]
    values = _values(sources, folder)
    for name, source in sources.items():
        value = values[name]
        fault = str(value) if isinstance(value, ValueError) else fault_of_value(name, value)
        if fault:
            faults.append(f"secrets: {name}: {fault}")
        else:
            found[name] = Secret(str(value), f"`secrets` ({source.command or source.env})")
    if faults:
        raise InventoryError("\n".join(faults))
    return found


def _values(sources: Mapping[str, SecretSource], folder: Path) -> dict[str, str | ValueError]:
    """The value of each, or why there is none; all commands run at once."""
    start = time.monotonic()
    children = {name: _run(source.command, folder) for name, source in sources.items() if source.command}
    try:
        return {
            name: _said(children[name], source, start) if name in children else _here(source)
            for name, source in sources.items()
        }
    finally:  # Ctrl-C, too
        for child in children.values():
            _end(child)


def _here(source: SecretSource) -> str | ValueError:
    value = os.environ.get(source.env or "", "")
    return value or ValueError(f"the environment of this machine has no {source.env}, or an empty one")


def _run(command: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a command that still runs, and what it has started."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def _said(child: subprocess.Popen[bytes], source: SecretSource, start: float) -> str | ValueError:
    """What a command prints, without the newline at the end, or why it is no value; its output is not in that."""
    command = source.command
    try:
        output, _ = child.communicate(timeout=max(0, start + source.timeout - time.monotonic()))
        value = output.decode().removesuffix("\n")
    except subprocess.TimeoutExpired:
        return ValueError(f"`{command}` took more than {source.timeout} s")
    except UnicodeDecodeError:
        return ValueError(f"`{command}` printed what is not UTF-8 text")
    if child.returncode:
        return ValueError(f"`{command}` exited with {child.returncode}; run it by hand to see why")
    return value or ValueError(f"`{command}` printed nothing")
