"""Where the passwords of Ansible's vault come from: files, programs that print them, and questions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Source = tuple[str, str]  # a label, and a file or PROMPT

DEFAULT = "default"
PROMPT = "prompt"


def source_of(vault_id: str) -> Source:
    """What Ansible's `--vault-id LABEL@FILE` means; without a label it is the default one."""
    label, at, file = vault_id.rpartition("@")
    return (label if at and label else DEFAULT), file


def sources_of(environment: Mapping[str, str]) -> list[Source]:
    """The sources that Ansible's variables name."""
    ids = [each.strip() for each in environment.get("ANSIBLE_VAULT_IDENTITY_LIST", "").split(",")]
    file = environment.get("ANSIBLE_VAULT_PASSWORD_FILE")
    return [*map(source_of, filter(None, ids)), *([(DEFAULT, file)] if file else [])]


class VaultPasswords:
    """The passwords of some sources, each asked for once, when the first one is needed."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = list(dict.fromkeys(sources))
        self._known: list[tuple[str, bytes]] | None = None

    def __call__(self) -> Sequence[tuple[str, bytes]]:
        """Labels and passwords. Raises UsageError."""
        if self._known is None:
            self._known = [(label, _password(label, file)) for label, file in self._sources]
        return self._known


def _password(label: str, file: str) -> bytes:
    found = _asked(label) if file == PROMPT else _in_file(label, Path(file).expanduser(), file)
    if not found:
        raise UsageError(f"vault password {file!r} is empty")
    return found


def _asked(label: str) -> bytes:
    from windlass.output.questions import UnansweredError, ask

    try:
        return ask(f"vault password ({label}): ").encode()
    except UnansweredError:
        raise UsageError(
            f"vault password {label!r}: nobody answers", hint="It asks on a terminal; without one, give a file."
        ) from None


def _in_file(label: str, path: Path, shown: str) -> bytes:
    try:
        if not os.access(path, os.X_OK) or path.is_dir():
            return path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"vault password file {shown!r} cannot be read: {error.strerror}") from None
    # A client knows several passwords, as Ansible has it.
    import subprocess  # a Tab need not wait for it

    more = ["--vault-id", label] if path.stem.endswith("-client") else []
    try:
        run = subprocess.run([path.absolute(), *more], stdout=subprocess.PIPE, check=False)
    except OSError as error:
        raise UsageError(
            f"vault password file {shown!r} is executable, and cannot be run: {error.strerror}",
            hint=f"If it is no program: chmod -x {shown}",
        ) from None
    if run.returncode:
        raise UsageError(f"vault password program {shown!r} failed with exit status {run.returncode}")
    return run.stdout.strip(b"\r\n")
