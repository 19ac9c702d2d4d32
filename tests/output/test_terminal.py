"""Lines on terminals of any width."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import click
import pytest

from tests.lab.commands import ROOT
from windlass.output.terminal import _broken


@pytest.mark.parametrize(
    ("line", "width", "parts"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("one two three", 13, ["one two three"]),
        ("one two three", 12, ["one two", "    three"]),
        ("it took 2.1 s, all", 11, ["it took", "    2.1 s,", "    all"]),
        ("  indented by two", 12, ["  indented", "      by two"]),
        ("web1  base  + file", 12, ["web1  base", "    + file"]),
        ("a-word-that-is-too-long for it", 8, ["a-word-that-is-too-long", "    for", "    it"]),
    ],
)
def test_a_line_is_broken_between_words(line: str, width: int, parts: list[str]) -> None:
    assert list(_broken(line, width)) == parts


def test_colours_take_no_width() -> None:
    line = f"{click.style('one', fg='red')} two {click.style('three', fg='green')}"
    assert list(_broken(line, 13)) == [line]
    assert [click.unstyle(part) for part in _broken(line, 12)] == ["one two", "    three"]


SHOW = """
from windlass.output.outcome import Result
from windlass.output.report import Report
from windlass.output.terminal import Terminal

patch = "diff --git a/etc/x b/etc/x\\n--- a/etc/x\\n+++ b/etc/x\\n@@ -1 +1 @@\\n-old\\n+new"
changed = Result("base", None, "file /etc/x", "changed", 0.0, {}, patch, drift="conflict")
Report(Terminal(), check=True).result("web1", changed)
"""
PLAIN = [
    "web1  base                + file /etc/x  conflict: changed by hand and in the inventory",
    *("diff --git a/etc/x b/etc/x", "--- a/etc/x", "+++ b/etc/x", "@@ -1 +1 @@", "-old", "+new"),
]


def shown(*, terminal: bool, **environment: str) -> str:
    """What a report prints, on a terminal of its own or into a pipe."""
    wanted = {**os.environ, "TERM": "xterm", "COLUMNS": "120", **environment}
    wanted = {name: value for name, value in wanted.items() if value}
    if not terminal:
        return subprocess.run(
            [sys.executable, "-c", SHOW], cwd=ROOT, env=wanted, capture_output=True, text=True, check=True
        ).stdout
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, env=wanted, stdout=theirs, check=True)
    os.close(theirs)
    text = os.read(ours, 64 * 1024).decode()
    os.close(ours)
    return text


def test_a_diff_has_colours_on_a_terminal() -> None:
    # click says with each colour that it is not bold.
    text = shown(terminal=True, NO_COLOR="").replace("\x1b[22m", "")
    for coloured in (
        "\x1b[31m-old\x1b[0m",
        "\x1b[32m+new\x1b[0m",
        "\x1b[36m@@ -1 +1 @@\x1b[0m",
        "\x1b[1m--- a/etc/x\x1b[0m",
    ):
        assert coloured in text


def test_a_run_goes_on_when_nobody_reads_of_it_any_more() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = f"{SHOW}raise SystemExit(3)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.parametrize(
    ("terminal", "environment"),
    [(True, {"NO_COLOR": "1"}), (True, {"TERM": "dumb"}), (False, {"NO_COLOR": ""})],
    ids=["NO_COLOR", "a dumb terminal", "a pipe"],
)
def test_and_none_elsewhere(terminal: bool, environment: dict[str, str]) -> None:
    assert shown(terminal=terminal, **environment).splitlines() == PLAIN
