"""Scripts that a release command starts, and that the host could not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.source.test_source import APP, loaded, refusal, write

if TYPE_CHECKING:
    from pathlib import Path

DOS = "#!/bin/sh\r\nset -e\r\n"
CRLF = (
    "app hello: hello/release.sh: has Windows line ends (CRLF), with which `release_command: {command}` does not work\n"
    "  sed -i 's/\\r$//' release.sh, and `*.sh text eol=lf` in .gitattributes keeps it so; then commit it."
)
MODE = (
    "app hello: hello/release.sh: is not executable, and `release_command: {command}` starts it\n"
    "  chmod +x release.sh, and commit that (git update-index --chmod=+x release.sh)."
)
GONE = (
    "app hello: hello: there is no release.sh, which `release_command: {command}` starts\n"
    "  It must not be ignored by .gitignore or .deployignore."
)


def script(project: Path, text: str | None, mode: int = 0o755) -> None:
    write(project / "hello", APP)
    if text is not None:
        (project / "hello/release.sh").write_bytes(text.encode())
        (project / "hello/release.sh").chmod(mode)


@pytest.mark.parametrize(
    ("text", "mode", "command", "message"),
    [
        (DOS, 0o755, "./release.sh", CRLF),
        (DOS, 0o755, "./release.sh --now && true", CRLF),
        (DOS, 0o755, "flask db upgrade&&./release.sh", CRLF),
        (DOS, 0o644, "sh release.sh", CRLF),
        (DOS, 0o644, "/bin/bash ./release.sh", CRLF),
        ("#!/bin/sh\n", 0o644, "./release.sh", MODE),
        (None, 0, "./release.sh", GONE),
    ],
)
def test_refused(text: str | None, mode: int, command: str, message: str, tmp_path: Path) -> None:
    script(tmp_path, text, mode)
    assert refusal(tmp_path, release_command=command) == message.format(command=command)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("#!/bin/sh\nset -e\n", "./release.sh"),
        ("#!/bin/sh\nprintf 'a\r\n'\n", "./release.sh"),
        (DOS, "python release.sh"),
        (DOS, "cat ./release.sh"),
        (None, "mkdir -p x && ./x/made"),
        (None, "$HOME/x"),
        (None, "/bin/true"),
        (None, "flask db upgrade"),
    ],
)
def test_let_be(text: str | None, command: str, tmp_path: Path) -> None:
    script(tmp_path, text)
    loaded(tmp_path, release_command=command)
