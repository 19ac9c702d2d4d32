"""The release command: what it says is shown, but for its secrets, wherever it is cut."""

from __future__ import annotations

import io
import os
import pwd
from pathlib import Path

import pytest

from windlass.agent.failures import Failed
from windlass.agent.machine import Machine
from windlass.agent.release import command
from windlass.agent.release.environment import Environment
from windlass.agent.wire import Wire

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root starts processes as another user")

KEY = "-----BEGIN KEY-----\n" + "".join(f"canary-line-{number}\n" for number in range(30)) + "-----END KEY-----"
ENVIRONMENT = Environment({"KEY": KEY, "LONG": "canary-" * 600}, frozenset({"KEY", "LONG"}))


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ('echo "$KEY"; exit 3', "exited with 3"),
        ('echo "$LONG"; exit 3', "exited with 3"),
        ('echo "$KEY"; sleep 600', "took more than 3 s"),
        ('echo "$LONG"; sleep 600', "took more than 3 s"),
    ],
)
def test_no_secret_is_shown(script: str, how: str, tmp_path: Path) -> None:
    told = io.BytesIO()
    (tmp_path / "env").write_bytes(ENVIRONMENT.file())
    with pytest.raises(Failed) as failure:
        command.run(
            Machine(Wire(io.BytesIO(), told), lambda: None),
            script,
            user=pwd.getpwuid(os.getuid()).pw_name,
            folder="/",
            process={},
            environment=ENVIRONMENT,
            env_file=str(tmp_path / "env"),
            properties=[],
            timeout=3,
        )
    assert how in str(failure.value)
    assert "(sensitive)" in str(failure.value)
    assert "canary" not in str(failure.value)
    assert b"(sensitive)" in told.getvalue()
    assert b"canary" not in told.getvalue()
