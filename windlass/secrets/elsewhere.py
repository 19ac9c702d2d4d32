"""Secrets that are not in the inventory: in an env file, this machine's environment, or given by a command."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.env_file import read_env_file
from windlass.secrets.secret import Secret
from windlass.settings.environment import fault_of_value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from windlass.settings.secret import SecretSource

COMMANDS_AT_ONCE = 8


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
    with ThreadPoolExecutor(COMMANDS_AT_ONCE) as pool:
        values = list(pool.map(lambda source: _value(source, folder), sources.values()))
    for (name, source), value in zip(sources.items(), values, strict=True):
        fault = str(value) if isinstance(value, ValueError) else fault_of_value(name, value)
        if fault:
            faults.append(f"secrets: {name}: {fault}")
        else:
            found[name] = Secret(str(value), f"`secrets` ({source.command or source.env})")
    if faults:
        raise InventoryError("\n".join(faults))
    return found


def _value(source: SecretSource, folder: Path) -> str | ValueError:
    """The value, or why there is none."""
    if source.command is None:
        value = os.environ.get(source.env or "", "")
        return value or ValueError(f"the environment of this machine has no {source.env}, or an empty one")
    try:
        value = _said(source.command, folder, source.timeout)
    except ValueError as error:
        return error
    return value or ValueError(f"`{source.command}` printed nothing")


def _said(command: str, folder: Path, timeout: float) -> str:
    """What a command prints, without the newline at the end. Raises ValueError, in which no output is."""
    child = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ValueError(f"`{command}` took more than {timeout:g} s") from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode:
        raise ValueError(f"`{command}` exited with {child.returncode}; run it by hand to see why")
    try:
        return output.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise ValueError(f"`{command}` printed what is not UTF-8 text") from None
