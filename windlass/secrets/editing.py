"""A text in the user's editor: never on a disk, and gone whatever becomes of the editor or of us."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.errors import InventoryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOUNTS = Path("/proc/self/mounts")
IN_MEMORY = ("tmpfs", "ramfs")
# vim keeps what it shows in files of its own: swap, backup, undo, registers.
VIM = ("-n", "-i", "NONE", "-c", "silent! set noundofile nobackup nowritebackup")


def edited(text: str, name: str, check: Callable[[str], object]) -> str | None:
    """What the user makes of a text, in a file of that name; None = nothing shall change.

    `check` raises InventoryError for what must not be: the user may go on, or give up. Raises UsageError when there is
    no editor, or no memory to edit in.
    """
    with _folder_in_memory() as folder:
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        while True:
            _edit(file)
            changed = file.read_text(encoding="utf-8", errors="surrogateescape") if file.exists() else text
            if changed == text:
                return None
            try:
                check(changed)
            except InventoryError as error:
                click.echo(str(error), err=True)
                if not click.confirm("Edit again? (Otherwise nothing is changed.)", default=True, err=True):
                    return None
            else:
                return changed


def places() -> list[Path]:
    """Folders that may lie in memory alone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return [*([Path(runtime)] if runtime else []), Path("/dev/shm"), Path("/run/shm")]  # noqa: S108


@contextmanager
def _folder_in_memory() -> Iterator[Path]:
    """A folder for this user alone that is removed in every case, even when this process is killed."""
    home = next((place for place in places() if _is_in_memory(place) and os.access(place, os.W_OK)), None)
    if home is None:
        raise UsageError(
            f"there is no folder in memory here ({', '.join(map(str, places()))}), and secrets are not put on a disk",
            hint="./deploy.py secrets set NAME needs none.",
        )
    folder = tempfile.mkdtemp(prefix="windlass-", dir=home)
    # It waits for the end of its stdin, which comes with our end, of whatever kind.
    guard = subprocess.Popen(
        ["/bin/sh", "-c", 'read -r _; rm -rf -- "$0"', folder], stdin=subprocess.PIPE, start_new_session=True
    )
    before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield Path(folder)
    finally:
        guard.communicate()
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _is_in_memory(place: Path) -> bool:
    """Whether the file system of a folder is one that has no disk behind it."""
    if not place.is_dir() or not MOUNTS.exists():
        return False
    kind = ""
    longest = -1
    for line in MOUNTS.read_text().splitlines():
        _, mounted, type_, *_ = line.split()
        if place.resolve().is_relative_to(mounted) and len(mounted) >= longest:
            kind, longest = type_, len(mounted)
    return kind in IN_MEMORY


def _edit(file: Path) -> None:
    line = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = shlex.split(line)
        if Path(command[0]).name in ("vi", "vim", "nvim"):
            command[1:1] = VIM
        # Interrupted, subprocess ends the editor, too.
        status = subprocess.run([*command, str(file)], env={**os.environ, "TMPDIR": str(file.parent)}).returncode
    except (OSError, ValueError, IndexError):
        raise UsageError(f"the editor {line!r} cannot be started", hint="Set EDITOR.") from None
    if status:
        raise UsageError(f"the editor exited with {status}: nothing is changed")
    if file.exists() and not file.is_file():
        raise UsageError(
            f"the editor left something in place of {file.name} that is no file: nothing is changed",
            hint="Edit again; EDITOR names another editor.",
        )
