"""`deploy.py facts`: the table, and hosts that give no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.projects import project
from windlass.cli.cli import run
from windlass.cli.commands.facts import table

BIG: dict[str, Any] = {
    "host": "www.example.com",
    "os": "debian",
    "os_version": "12",
    "codename": "bookworm",
    "arch": "x86_64",
    "kernel": "6.1.0-32-amd64",
    "python": "3.11.2",
    "cpus": 16,
    "memory": 64 * 2**30,
    "addresses": ["192.0.2.1", "::2"],
    "systemd": True,
}
SMALL: dict[str, Any] = {**BIG, "host": "b", "os_version": "", "cpus": 1, "memory": 2**29, "addresses": []}


def test_a_line_per_host_in_columns() -> None:
    assert table([BIG, {**SMALL, "systemd": False}]) == [
        "host             system                        arch    kernel          Python  CPUs    memory  addresses",
        "www.example.com  debian 12 bookworm            x86_64  6.1.0-32-amd64  3.11.2    16  64.0 GiB  192.0.2.1 ::2",
        "b                debian bookworm (no systemd)  x86_64  6.1.0-32-amd64  3.11.2     1   0.5 GiB  none",
    ]
    assert table([]) == []


def test_columns_that_do_not_fit_into_the_terminal_are_below_their_line() -> None:
    many = {**BIG, "addresses": ["192.0.2.1", *[f"2001:db8:85a3::8a2e:370:733{number}" for number in range(3)]]}
    assert table([many, SMALL], 80) == [
        "host             system              arch    kernel          Python  CPUs",
        "www.example.com  debian 12 bookworm  x86_64  6.1.0-32-amd64  3.11.2    16",
        "  memory 64.0 GiB, addresses 192.0.2.1 2001:db8:85a3::8a2e:370:7330",
        "  2001:db8:85a3::8a2e:370:7331 2001:db8:85a3::8a2e:370:7332",
        "b                debian bookworm     x86_64  6.1.0-32-amd64  3.11.2     1",
        "  memory 0.5 GiB, addresses none",
    ]
    widest = table([many, SMALL])
    room = max(map(len, widest))
    assert table([many, SMALL], room) == widest
    assert len(table([many, SMALL], room - 1)) == 5
    assert table([BIG], 7)[1:3] == ["www.example.com", "  system"]


def test_a_host_that_is_not_let_talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = f"{{ansible_host: 127.0.0.1, ansible_port: 1, host_key: ssh-ed25519 {'A' * 68}}}"
    project(tmp_path, f"web: {{hosts: {{web1: {there}}}}}\n")
    assert run(["--project", str(tmp_path), "facts", "web"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "web1  failed  web1 (" in err
    assert run(["--project", str(tmp_path), "facts", "web", "--json"]) == 1
    (host,) = json.loads(capsys.readouterr().out)["hosts"]
    assert host["host"] == "web1"
    assert "is no public key" in host["error"]
