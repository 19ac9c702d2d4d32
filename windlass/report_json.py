"""What a program sees of a run: one JSON document on stdout when all is done."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from windlass import __version__
from windlass.report import Report
from windlass.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.outcome import Outcome, Result


class JsonReport(Report):
    """Collects everything and prints one document; nothing else goes to stdout.

    `{"windlass": version, "check": bool, "hosts": [{"host", "status", "changed", "ok", "failed", "skipped", "unknown",
    "seconds", "execs", "error", "resources": [...]}]}`; a resource has the fields of `windlass.outcome.Result`.
    """

    def __init__(self, *, check: bool) -> None:
        super().__init__(Terminal(quiet=True), check=check)

    def sayer(self, host: str) -> Callable[[str], None]:
        """What must be known at once, e.g. that a new host key was trusted, goes to stderr."""
        return lambda text: click.echo(f"{host}  {text}", err=True)

    def summary(self, outcomes: list[Outcome]) -> None:
        document = {
            "windlass": __version__,
            "check": self.check,
            "hosts": [_host(outcome) for outcome in outcomes],
        }
        click.echo(json.dumps(document, indent=2))


def _plain(result: Result) -> dict[str, Any]:
    values = asdict(result)
    del values["traceback"]
    return values


def _host(outcome: Outcome) -> dict[str, Any]:
    counts = outcome.counts
    return {
        "host": outcome.host,
        "status": "failed" if outcome.exit_status else "changed" if counts["changed"] else "ok",
        **{status: counts[status] for status in ("changed", "ok", "failed", "skipped", "unknown")},
        "seconds": round(outcome.seconds, 3),
        "execs": outcome.execs,
        "error": str(outcome.error) if outcome.error else None,
        "resources": [_plain(result) for result in outcome.results],
    }
