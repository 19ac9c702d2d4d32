"""The lock of a lab, with two that contend for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from windlass.lab.lock import locked

if TYPE_CHECKING:
    from pathlib import Path


def test_second_waits_and_says_for_whom(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []
    waiting = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        waiting.set()

    def second() -> None:
        with locked(tmp_path / "lab" / "lock", say, "the first"):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path / "lab" / "lock", print, "nobody"):
        thread.start()
        assert waiting.wait(120)
        order.append("first")
    thread.join(120)
    assert (said, order) == (["waiting for the first"], ["first", "second"])


def test_lock_whose_file_was_removed_meanwhile_is_taken_anew(tmp_path: Path) -> None:
    file = tmp_path / "lab" / "lock"
    waiting, held, over = threading.Event(), threading.Event(), threading.Event()

    def second() -> None:
        with locked(file, lambda line: waiting.set(), "the first"):
            held.set()
            over.wait(120)

    thread = threading.Thread(target=second)
    with locked(file, print, "nobody"):
        thread.start()
        assert waiting.wait(120)
        file.unlink()
        file.parent.rmdir()
    assert held.wait(120)
    assert file.exists()
    over.set()
    thread.join(120)
