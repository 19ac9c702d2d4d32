"""Secrets that a command prints, or that this machine's environment has."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.settings.test_settings import app, refusal
from windlass.errors import InventoryError
from windlass.secrets.elsewhere import own_secrets


def own(**secrets: Any) -> dict[str, str]:
    found = own_secrets(app(secrets=secrets))
    return {name: secret.value for name, secret in found.items()}


def complaint(**secrets: Any) -> str:
    with pytest.raises(InventoryError) as raised:
        own(**secrets)
    assert "hidden" not in str(raised.value)
    return str(raised.value)


def processes_of(group: int) -> str:
    return subprocess.run(["pgrep", "--pgroup", str(group)], capture_output=True, text=True).stdout


def test_values_arrive_without_the_last_newline_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_TOKEN", " t0ken\n")
    assert own(
        KEY={"command": "printf ' a\\n\\n'"}, GREETING={"command": "echo Grüße | cat"}, TOKEN={"env": "CI_TOKEN"}
    ) == {"KEY": " a\n", "GREETING": "Grüße", "TOKEN": " t0ken\n"}


def test_commands_run_once_and_together_in_the_project_folder(tmp_path: Path) -> None:
    together = "until test -e A -a -e B -a -e C -a -e D; do sleep 0.02; done"
    found = app(secrets={name: {"command": f"touch {name}; {together}; echo {name} | tee -a log"} for name in "ABCD"})
    assert len(own_secrets(found)) == len(own_secrets(found)) == 4
    assert sorted(Path("log").read_text().split()) == list("ABCD")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            {"command": "echo hidden; echo $((6*7)) >&2; exit 3"},
            "secrets: KEY: `echo hidden; echo $((6*7)) >&2; exit 3` exited with 3; run it by hand to see why",
        ),
        ({"command": "true"}, "secrets: KEY: `true` printed nothing"),
        ({"command": "nosuchprogram x"}, "secrets: KEY: `nosuchprogram x` exited with 127; run it by hand to see why"),
        ({"command": "printf '\\377'"}, "secrets: KEY: `printf '\\377'` printed what is not UTF-8 text"),
        ({"env": "NOT_SET"}, "secrets: KEY: the environment of this machine has no NOT_SET, or an empty one"),
    ],
)
def test_no_value(source: dict[str, Any], message: str) -> None:
    with pytest.raises(InventoryError) as raised:
        own(KEY=source)
    assert str(raised.value) == message
    assert "42" not in str(raised.value)


@pytest.mark.parametrize("source", [{}, {"command": "echo hidden", "env": "KEY"}])
def test_one_source_and_only_one(source: dict[str, Any]) -> None:
    assert refusal(secrets={"KEY": source}) == (
        "secrets.KEY: either a `command` or `env` is needed: {command: op read op://shop/key} or {env: NAME}"
    )


def test_a_command_that_hangs_is_killed_with_its_children() -> None:
    command = "(echo $$ >group; sleep 600) | cat"
    assert complaint(KEY={"command": command, "timeout": 1}) == f"secrets: KEY: `{command}` took more than 1 s"
    group = int(Path("group").read_text())
    deadline = time.monotonic() + 60
    while processes_of(group) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(group) == ""


def test_a_name_from_two_sources(tmp_path: Path) -> None:
    path = Path.cwd() / "shop.env"
    path.write_text("KEY=hidden\n")
    path.chmod(0o600)
    with pytest.raises(InventoryError, match=r"^secrets: KEY is set at shop.env:1 already; remove one of the two$"):
        own_secrets(app(env_file=str(path), secrets={"KEY": {"command": "echo hidden"}}))


def test_values_show_nowhere() -> None:
    found = app(secrets={"KEY": {"command": "printf 'hid%s' den"}})
    own_secrets(found)
    assert "hidden" not in repr(found) + found.model_dump_json() + repr(own_secrets(found))
