"""One script over a real sshd: what it is sent when it takes no more, and one that does not answer."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import Sshd, host, options
from windlass.run.exec import Exec
from windlass.ssh import connection as ssh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Exec]]:
    """Begins a script as whoever runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with Sshd(tmp_path / "sshd") as server:
        here = host(server.port, key=server.key)
        connection = ssh.connect(here, options(server))
        yield lambda script, **more: Exec(connection, replace(here.connect, become=False), script, **more)
        ssh.close(connection)


def test_after_the_end_of_its_input_nothing_is_waited_for(begin: Callable[..., Exec]) -> None:
    script = begin("cat; echo done; sleep 60")
    script.end_input()
    assert script.stdout.readline() == b"done\n"
    writer = threading.Thread(target=script.write, args=(b"too late",), daemon=True)
    writer.start()
    writer.join(60)
    assert not writer.is_alive()


def test_one_that_does_not_answer_is_not_waited_for(begin: Callable[..., Exec]) -> None:
    """Nor does the thread that reads its errors die of it, which pytest would tell."""
    before = set(threading.enumerate())
    with pytest.raises(TimeoutError):  # on a busy machine the wait for its beginning is long enough, too
        begin("sleep 600", patience=0.5).stdout.read(1)
    for drained in set(threading.enumerate()) - before:
        drained.join(60)
    assert set(threading.enumerate()) <= before
