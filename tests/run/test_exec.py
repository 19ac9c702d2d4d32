"""One script over a real sshd: what it is sent when it takes no more, and one that does not answer."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import Sshd, host, options
from windlass.errors import AgentError
from windlass.run.exec import Exec
from windlass.run.incoming import MIB, Budget
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
    script = begin("sleep 600", beginning=Budget(60))
    script.incoming.give(Budget(0.2))
    with pytest.raises(AgentError) as raised:
        script.stdout.read(1)
    assert str(raised.value) == (
        "the host has not said all within 0.2 s\n  It is overloaded, or does not mean to come to an end."
    )
    script._channel.close()
    script._drained.join(60)
    assert not script._drained.is_alive()


def test_one_that_says_too_much_is_not_listened_to(begin: Callable[..., Exec]) -> None:
    script = begin("yes")
    script.incoming.give(Budget(size=2 * MIB))
    with pytest.raises(AgentError) as raised:
        script.stdout.read()
    assert str(raised.value) == "the host says more than 2 MiB"
