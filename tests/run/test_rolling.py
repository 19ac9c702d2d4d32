"""A run in batches: who comes when, where it stops, and what is taken back. What an agent would say is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from windlass.errors import HostError, UsageError
from windlass.host import Connect, Host
from windlass.output.outcome import Outcome, Result
from windlass.output.report import Report
from windlass.output.terminal import Terminal
from windlass.run.plan import Plan, Rollbacks
from windlass.run.rolling import Rolling
from windlass.run.run import Request, Run
from windlass.settings import Settings
from windlass.ssh.options import ConnectOptions

APP = {"source": ".", "wsgi": "app:app", "domains": ["app.example.com"]}


class Led(Plan):
    """A plan in which some hosts must be done before the others."""

    def __init__(self, *leaders: str) -> None:
        super().__init__()
        self._leaders = set(leaders)

    def leaders(self) -> set[str]:
        return self._leaders


class Hosts:
    """Hosts h1, h2, ... in a run; `fails` are names, `visited` each visit in order with its command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails: set[str] = set()
        self.visited: list[tuple[str, str]] = []
        self.back: list[Any] = []
        self.batches: list[list[str]] = []
        monkeypatch.setattr(Run, "_follow", lambda run, host, given, outcome: self._follow(run, host, outcome))
        monkeypatch.setattr(Report, "batch", lambda report, names, number, count: self.batches.append(names))

    def _follow(self, run: Run, host: Host, outcome: Outcome) -> None:
        self.visited.append((host.name, run.request.command))
        if isinstance(run.plan, Rollbacks):
            self.back.append(run.plan.to)
            outcome.results.append(Result("release", "app", "rollback app", "changed", 0.1, notes={"before": "new"}))
        elif host.name in self.fails:
            raise HostError("it fails")
        else:
            notes = {"before": f"old on {host.name}", "release": "new"}
            outcome.results.append(Result("release", "app", "release app", "changed", 0.1, notes=notes))

    def converge(self, count: int, *, plan: Plan | None = None, check: bool = False, **how: Any) -> list[Outcome]:
        settings = Settings.model_validate({"apps": {"app": APP}}, context={"project": Path("/")})
        hosts = [Host(f"h{number}", [], Connect("192.0.2.1"), settings, {}) for number in range(1, count + 1)]
        request = Request("deploy", check=check, forks=1)
        self.run = Run(request, ConnectOptions(), plan or Plan(), Report(Terminal(quiet=True)))
        return Rolling(self.run, **how).converge(hosts)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    return Hosts(monkeypatch)


def names(hosts: Hosts) -> list[str]:
    return [name for name, _ in hosts.visited]


@pytest.mark.parametrize(
    ("serial", "sizes"),
    [
        (None, []),  # one batch is not told
        ("1", [1, 1, 1, 1, 1]),
        ("2", [2, 2, 1]),
        ("9", []),
        ("10%", [1, 1, 1, 1, 1]),
        ("50%", [2, 2, 1]),
        ("99%", [4, 1]),
        ("100%", []),
    ],
)
def test_batches(hosts: Hosts, serial: str | None, sizes: list[int]) -> None:
    outcomes = hosts.converge(5, serial=serial)
    assert [len(batch) for batch in hosts.batches] == sizes
    assert names(hosts) == [outcome.host for outcome in outcomes] == ["h1", "h2", "h3", "h4", "h5"]
    assert {outcome.exit_status for outcome in outcomes} == {0}


def test_inventory_says_how_many_and_the_command_line_overrules_it(hosts: Hosts) -> None:
    plan = Plan()
    settings = Settings.model_validate({"serial": "2"}, context={"project": Path("/")})
    three = [Host(f"h{number}", [], Connect("192.0.2.1"), settings, {}) for number in range(3)]
    run = Run(Request("deploy"), ConnectOptions(), plan, Report(Terminal(quiet=True)))
    Rolling(run).converge(three)
    assert hosts.batches == [["h0", "h1"], ["h2"]]
    hosts.batches.clear()
    Rolling(run, serial="1").converge(three)
    assert hosts.batches == [["h0"], ["h1"], ["h2"]]


def test_a_failure_stops_the_others_and_takes_back_those_before(hosts: Hosts) -> None:
    hosts.fails = {"h2"}
    outcomes = hosts.converge(4, serial="1")
    assert hosts.visited == [("h1", "deploy"), ("h2", "deploy"), ("h1", "deploy (taken back)")]
    assert hosts.back == [{"h1": {"app": "old on h1"}}]
    assert [outcome.host for outcome in outcomes] == ["h1", "h2", "h3", "h4"]
    assert [str(outcome.error or "").split(",")[0] for outcome in outcomes] == [
        "", "it fails", "not begun", "not begun",
    ]  # fmt: skip
    assert str(outcomes[3].error) == "not begun, because h2 failed\n  --keep-going goes on with the others."
    assert [result.resource for result in outcomes[0].results] == ["release app", "rollback app"]
    assert [outcome.exit_status for outcome in outcomes] == [0, 1, 1, 1]


def test_others_of_the_same_batch_go_back_too(hosts: Hosts) -> None:
    hosts.fails = {"h1"}
    hosts.converge(3)
    assert sorted(hosts.visited[3:]) == [("h2", "deploy (taken back)"), ("h3", "deploy (taken back)")]


def test_keep_going_goes_on_and_takes_nothing_back(hosts: Hosts) -> None:
    hosts.fails = {"h1", "h3"}
    outcomes = hosts.converge(4, serial="1", keep_going=True)
    assert names(hosts) == ["h1", "h2", "h3", "h4"]
    assert [outcome.exit_status for outcome in outcomes] == [1, 0, 1, 0]


def test_check_takes_nothing_back(hosts: Hosts) -> None:
    hosts.fails = {"h2"}
    hosts.converge(3, serial="1", check=True)
    assert names(hosts) == ["h1", "h2"]


def test_a_leader_comes_first_and_alone(hosts: Hosts) -> None:
    outcomes = hosts.converge(4, plan=Led("h3"), serial="50%")
    assert hosts.batches == [["h3"], ["h1", "h2"], ["h4"]]
    assert [outcome.host for outcome in outcomes] == ["h1", "h2", "h3", "h4"]


def test_a_leader_that_fails_stops_all_whatever_is_wished(hosts: Hosts) -> None:
    hosts.fails = {"h1"}
    outcomes = hosts.converge(3, plan=Led("h1"), keep_going=True)
    assert names(hosts) == ["h1"]
    assert [outcome.exit_status for outcome in outcomes] == [1, 1, 1]


def test_only_the_app_that_failed_is_taken_back() -> None:
    def result(app: str | None, status: str) -> Result:
        notes = {"before": f"old {app}"} if status == "changed" else {}
        return Result("release", app, f"release {app}", status, 0.1, notes=notes)

    outcome = Outcome("h1", results=[result("one", "changed"), result("two", "failed"), result("three", "skipped")])
    assert outcome.broken({"one", "two", "three"}) == {"two"}
    assert outcome.switched() == {"one": "old one"}
    # What belongs to no app fails for all of them.
    assert Outcome("h1", results=[result(None, "failed")]).broken({"one", "two"}) == {"one", "two"}
    assert Outcome("h1", error=HostError("away")).broken({"one", "two"}) == {"one", "two"}


def test_a_wrong_app_is_refused_before_anything(hosts: Hosts) -> None:
    with pytest.raises(UsageError):
        hosts.converge(2, plan=Plan("nonesuch"))
    assert hosts.visited == []
