"""The git command line, asked about folders and repositories that may be a stranger's: nothing of theirs is run."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

TIMEOUT = 600
NO_GIT = "git is not installed on this machine"
# What git runs by the configuration of a repository, and what it takes for a repository though it merely lies in a
# folder. Whose files they are does not matter then. Commands that convert content (archive, status, diff, checkout)
# are not for here: no option turns off the filters that a repository names.
_GUARDS = (
    "--no-pager", "--no-optional-locks", "--no-replace-objects",
    "-c", "safe.directory=*",
    "-c", "safe.bareRepository=explicit",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
)  # fmt: skip
# Of git's variables those that are the operator's own configuration, and how to reach others. The rest may point at
# another repository: they are set while git runs a hook.
_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT")
_KEPT_STEMS = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
_NETWORK_STEMS = ("GIT_SSH", "GIT_SSL_", "GIT_HTTP_", "GIT_PROXY_", "GIT_ASKPASS")
_PROTOCOLS = "https:ssh:file"


class GitError(Exception):
    """git failed; the message is what it said."""


class TooMuch(GitError):
    """git said more than is read of it."""


@dataclass(frozen=True)
class Answer:
    """What a command wrote, and its exit status."""

    output: bytes
    status: int


def is_in_repository(folder: Path) -> bool:
    """Whether git has a say in a folder."""
    folder = folder.resolve()  # `PROJECT/../shop` does not lie in the project
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def run(
    place: Path,
    *command: str,
    sent: bytes = b"",
    most: int = -1,
    expected: Collection[int] = (0,),
    network: bool = False,
    timeout: int | None = None,
) -> Answer:
    """git's answer to a command in a folder; with `--git-dir=.` before it, in a bare repository of ours.

    `most` bytes are read (-1 = all), `timeout` is in seconds (None = TIMEOUT). Raises GitError when it exits with what
    is not expected, TooMuch when there is more to read.
    """
    with tempfile.TemporaryFile() as asked:
        asked.write(sent)
        asked.seek(0)
        with _Process(place, command, asked, network=network, timeout=timeout or TIMEOUT) as process:
            output = process.output.read(most)
            if most >= 0 and process.output.read(1):
                raise TooMuch(f"git said more than {most} bytes")
            return Answer(output, process.ended(expected))


@contextmanager
def conversation(place: Path, *command: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The input and output of a command, which is over with the block."""
    with _Process(place, command, subprocess.PIPE, network=False, timeout=TIMEOUT) as process:
        try:
            yield process.input, process.output
        except GitError:  # of whoever got no good answer: what git says of it tells more
            with suppress(BrokenPipeError):
                process.input.close()
            process.ended((0,))
            raise


class _Process:
    """git while it runs; it never outlives the block."""

    def __init__(
        self, place: Path, command: tuple[str, ...], stdin: IO[bytes] | int, *, network: bool, timeout: int
    ) -> None:
        self._timeout = timeout
        self._late = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the block
        try:
            self._popen = subprocess.Popen(
                ["git", "-C", str(place), *_GUARDS, *command],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(network=network),
            )
        except OSError:
            self._errors.close()
            raise GitError(NO_GIT) from None
        self._timer = threading.Timer(timeout, self._stop)

    def __enter__(self) -> _Process:
        self._timer.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._timer.cancel()
        self._popen.kill()
        with self._errors, suppress(BrokenPipeError), self._popen:
            pass

    @property
    def input(self) -> IO[bytes]:
        if self._popen.stdin is None:
            raise AssertionError(self._popen.args)
        return self._popen.stdin

    @property
    def output(self) -> IO[bytes]:
        if self._popen.stdout is None:
            raise AssertionError(self._popen.args)
        return self._popen.stdout

    def ended(self, expected: Collection[int]) -> int:
        """Its exit status. Raises GitError."""
        status = self._popen.wait()
        if self._late:
            raise GitError(f"git took more than {self._timeout} s")
        if status not in expected:
            self._errors.seek(0)
            raise GitError(self._errors.read().decode(errors="replace").strip() or f"git exited with {status}")
        return status

    def _stop(self) -> None:
        self._late = True
        self._popen.kill()


def _environment(*, network: bool) -> dict[str, str]:
    stems = _KEPT_STEMS + (_NETWORK_STEMS if network else ())
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "SSH_ASKPASS")) or name in _KEPT or name.startswith(stems)
    }
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        # What a partial clone lacks would be fetched by a program that its configuration names.
        "GIT_ALLOW_PROTOCOL": _PROTOCOLS if network else "none",
        "LC_ALL": "C",
    }
