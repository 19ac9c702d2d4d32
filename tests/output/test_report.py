"""What people and programs read of a run."""

from __future__ import annotations

import json

import pytest

from windlass.errors import ConnectError
from windlass.output.outcome import Outcome, Result
from windlass.output.report import ALL, QUIET, Report
from windlass.output.report_json import JsonReport
from windlass.output.terminal import Terminal

CREATED = Result(
    "base", None, "file /etc/timezone", "changed", 0.01, {"exists": [False, True], "mode": [None, 420]}, patch="+UTC"
)
MODE = Result("app", "shop", "directory /srv/shop", "changed", 2.34, {"mode": [0o755, 0o750]})
FINE = Result("base", None, "packages nginx", "ok", 0.0)
FAILED = Result("tls", "shop", "certificate shop", "failed", 1.0, message="no such name", hint="Point it here.")
SERVED = {"url": "https://a/", "expires": "2027-02-18", "issuer": "R12"}
CERTIFICATE = Result("tls", "shop", "certificate shop", "ok", 0.0, notes=SERVED)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def report(verbosity: int = 0, *, check: bool = False) -> Report:
    return Report(Terminal(), verbosity=verbosity, check=check)


def test_one_line_per_change_and_none_for_what_is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    for result in (CREATED, FINE, MODE):
        report().result("web1", result)
    assert lines(capsys) == [
        "web1  base                + file /etc/timezone  created",
        "+UTC",
        "web1  app:shop            + directory /srv/shop  mode 0755 -> 0750  2.3 s",
    ]


def test_attributes_that_change_alike_share_a_phrase(capsys: pytest.CaptureFixture[str]) -> None:
    diff = {"nginx": ["missing", "installed"], "certbot": ["missing", "installed"], "content": ["a" * 64, "b" * 64]}
    report().result("web1", Result("base", None, "thing", "changed", 0.0, diff))
    assert lines(capsys)[0].endswith("+ thing  nginx certbot missing -> installed  content changed")


def test_a_state_is_yes_or_no(capsys: pytest.CaptureFixture[str]) -> None:
    diff = {"running": [False, True], "enabled": [False, True], "ports": [0, 1]}
    report().result("web1", Result("nginx", None, "unit nginx.service", "changed", 0.0, diff))
    assert lines(capsys)[0].endswith("+ unit nginx.service  running enabled no -> yes  ports 0 -> 1")


def test_columns_of_several_hosts_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    several = report()
    for host in ("web1", "web22"):
        several.started(host)
        several.result("web1", CERTIFICATE)
    several.result("web1", MODE)
    several.result("web22", MODE)
    several.finished(Outcome("web1", error=ConnectError("refused")))
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "web1   app:shop            + directory /srv/shop  mode 0755 -> 0750  2.3 s",
        "web22  app:shop            + directory /srv/shop  mode 0755 -> 0750  2.3 s",
    ]
    assert err == "web1   failed  refused\n"


def test_a_failure_says_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    report().result("web1", FAILED)
    assert lines(capsys) == [
        "web1  tls:shop            x certificate shop  1.0 s",
        "    no such name",
        "    Point it here.",
    ]


def test_the_summary_counts_and_shows_where_the_app_answers(capsys: pytest.CaptureFixture[str]) -> None:
    good = Outcome("web1", results=[CREATED, FINE, CERTIFICATE], plain=["http://b/"], seconds=12.34, execs=1)
    lost = Outcome("web22", error=ConnectError("refused"), seconds=1.0)
    report().summary([good, lost])
    assert lines(capsys) == [
        "",
        "web1   1 changed, 2 ok, 12.3 s",
        "       https://a/  certificate until 2027-02-18 from R12",
        "       http://b/",
        "web22  not done, 1.0 s",
    ]


def test_a_note_of_several_lines_stays_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    told = Result("ssh", None, "sshd /a", "ok", 0.0, notes={"sshd": "sshd: one thing\nsshd: another"})
    report().summary([Outcome("web1", results=[told], seconds=1.0)])
    assert lines(capsys) == ["", "web1  0 changed, 1 ok, 1.0 s", "      sshd: one thing", "      sshd: another"]


def test_a_warning_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    notes = [{"firewall": "kept", "warning": "closed: 1"}, {"warning": "closed: 2"}]
    results = [Result("firewall", None, f"firewall {note}", "changed", 0.0, notes=note) for note in notes]
    report().summary([Outcome("web1", results=results, seconds=0.2)])
    assert lines(capsys)[2:] == ["      kept", "      closed: 1", "      closed: 2"]


def test_the_summary_of_a_run_that_was_interrupted_before_any_host_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    report().summary([])
    assert lines(capsys) == [""]


def test_verbose_shows_what_is_in_order_and_the_execs(capsys: pytest.CaptureFixture[str]) -> None:
    report(1).result("web1", FINE)
    report(1).summary([Outcome("web1", results=[FINE], seconds=0.2, execs=1)])
    assert lines(capsys) == [
        "web1  base                  packages nginx",
        "",
        "web1  0 changed, 1 ok, 0.2 s, 1 SSH exec",
    ]


def test_check_says_would(capsys: pytest.CaptureFixture[str]) -> None:
    report(check=True).summary([Outcome("web1", results=[CREATED], seconds=0.2)])
    assert "1 would change" in capsys.readouterr().out


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    machine = JsonReport("provision web1", check=False)
    machine.started("web1")
    machine.result("web1", FAILED)
    outcome = Outcome("web1", results=[MODE, FAILED], seconds=1.23456, execs=1)
    machine.finished(outcome)
    machine.summary([outcome])
    document = json.loads(capsys.readouterr().out)
    (host,) = document["hosts"]
    assert {key: host[key] for key in ("host", "status", "changed", "failed", "seconds", "execs", "error")} == {
        "host": "web1",
        "status": "failed",
        "changed": 1,
        "failed": 1,
        "seconds": 1.235,
        "execs": 1,
        "error": None,
    }
    assert host["resources"][0]["diff"] == {"mode": [0o755, 0o750]}


CONFLICT = "conflict: changed by hand and in the inventory"
HAND, AWAITED, BOTH = (
    Result("base", None, f"file /etc/{how[:4]}", "changed", 0.0, {"mode": [0o600, 0o644]}, drift=how)
    for how in ("changed by hand", "pending", "conflict")
)


def test_a_check_says_by_whom_each_difference_came(capsys: pytest.CaptureFixture[str]) -> None:
    checking = report(check=True)
    for result in (HAND, AWAITED, BOTH):
        checking.result("web1", result)
    checking.summary([Outcome("web1", results=[HAND, HAND, AWAITED, BOTH], seconds=0.2)])
    assert lines(capsys) == [
        "web1  base                + file /etc/chan  mode 0600 -> 0644  changed by hand",
        "web1  base                + file /etc/pend  mode 0600 -> 0644  pending",
        f"web1  base                + file /etc/conf  mode 0600 -> 0644  {CONFLICT}",
        "",
        "web1  4 would change (2 changed by hand, 1 pending, 1 conflict), 0 ok, 0.2 s",
    ]


def test_a_run_says_what_it_overwrites_and_not_that_what_it_changes_was_pending(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for result in (HAND, AWAITED, BOTH):
        report().result("web1", result)
    report().summary([Outcome("web1", results=[HAND, AWAITED, BOTH], seconds=0.2)])
    assert lines(capsys) == [
        "web1  base                + file /etc/chan  mode 0600 -> 0644  overwritten: changed by hand",
        "web1  base                + file /etc/pend  mode 0600 -> 0644",
        f"web1  base                + file /etc/conf  mode 0600 -> 0644  overwritten: {CONFLICT}",
        "",
        "web1  3 changed (1 changed by hand, 1 conflict), 0 ok, 0.2 s",
    ]


def test_quiet_shows_failures_and_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = report(QUIET)
    quiet.sayer("web1")("there is no python3 on the host: installing it")
    quiet.batch(["web1"], 1, 2)
    for result in (CREATED, FINE, FAILED):
        quiet.result("web1", result)
    quiet.summary([Outcome("web1", results=[CREATED, CERTIFICATE, FAILED], plain=["http://b/"], seconds=1.0)])
    assert lines(capsys) == [
        "web1  tls:shop            x certificate shop  1.0 s",
        "    no such name",
        "    Point it here.",
        "web1  1 changed, 1 ok, 1 failed, 1.0 s",
    ]


def test_very_verbose_shows_times_and_what_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    report(ALL).result("web1", Result("base", None, "link /etc/localtime", "ok", 0.00123))
    report(ALL).result("web1", Result("base", None, "file /etc/x", "skipped", 0.0))
    report(ALL).summary([Outcome("web1", results=[FINE], seconds=0.2, execs=2, sent=92_437)])
    assert lines(capsys) == [
        "web1  base                  link /etc/localtime  1.2 ms",
        "web1  base                - file /etc/x",
        "",
        "web1  0 changed, 1 ok, 0.2 s, 2 SSH execs, 92.4 kB sent",
    ]


PACKAGES = [f"package-number-{number}" for number in range(20)]
INSTALLED = Result(
    "base",
    None,
    f"packages {' '.join(PACKAGES)}",
    "changed",
    0.0,
    {name: ["missing", "installed"] for name in PACKAGES},
)


def test_a_list_that_would_fill_lines_is_cut_but_for_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    report().result("web1", INSTALLED)
    (line,) = lines(capsys)
    assert line == (
        "web1  base                + packages package-number-0 ... 19 more"
        "  package-number-0 and 19 more missing -> installed"
    )
    report(1).result("web1", INSTALLED)
    assert " ".join(PACKAGES) in capsys.readouterr().out


def test_exit_status() -> None:
    assert Outcome("a", results=[FINE]).exit_status == 0
    assert Outcome("a", results=[FINE, FAILED]).exit_status == 1
    assert Outcome("a", error=ConnectError("refused")).exit_status == 1
