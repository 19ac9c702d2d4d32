"""What a role does to a fresh host, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.output.test_report import lines, report
from windlass.output.outcome import Outcome, Progress, Result

if TYPE_CHECKING:
    from windlass.output.report import Report


def made(role: str, resource: str, seconds: float = 0.1, app: str | None = None) -> Result:
    return Result(role, app, resource, "changed", seconds, {"exists": [False, True]})


FRESH = [
    made("base", "directory /a"),
    made("base", "directory /b"),
    made("base", "file /c", 0.4),
    Result("base", None, "unit cron.service", "changed", 0.1, {"running": [False, True]}),
    made("ssh", "sshd /etc/ssh"),
    made("app", "user shop", app="shop"),
]


def test_what_a_role_does_to_a_fresh_host_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    seen = report()
    for result in FRESH:
        seen.result("web1", result)
    seen.finished(Outcome("web1"))
    assert lines(capsys) == [
        "web1  base                + 4 changed: 2 directories, 1 file, 1 unit  0.7 s",
        "web1  ssh                 + sshd /etc/ssh  created",
        "web1  app:shop            + user shop  created",
    ]


@pytest.mark.parametrize("several", [report(1), report(check=True)])
def test_all_of_it_is_shown_to_those_who_look_closer(several: Report, capsys: pytest.CaptureFixture[str]) -> None:
    for result in FRESH:
        several.result("web1", result)
    assert len(lines(capsys)) == len(FRESH)


def test_what_was_held_back_comes_before_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    seen = report()
    for result in (*FRESH[:4], Result("base", None, "file /d", "failed", 0.1, message="no room")):
        seen.result("web1", result)
    assert lines(capsys) == [
        "web1  base                + 4 changed: 2 directories, 1 file, 1 unit  0.7 s",
        "web1  base                x file /d",
        "    no room",
    ]


def test_what_was_held_back_comes_before_what_the_next_role_does(capsys: pytest.CaptureFixture[str]) -> None:
    seen = report()
    for result in FRESH[:4]:
        seen.result("web1", result)
    seen.progress("web1", Progress("base", None, "file /d", "same role", whole=True))
    seen.progress("web1", Progress("ssh", None, "sshd /etc/ssh", "armed", whole=True))
    assert lines(capsys) == [
        "web1  base                . same role",
        "web1  base                + 4 changed: 2 directories, 1 file, 1 unit  0.7 s",
        "web1  ssh                 . armed",
    ]
