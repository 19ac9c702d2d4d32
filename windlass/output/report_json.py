"""What a program sees of a run: one JSON document on stdout when all is done."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import click

from windlass import __version__
from windlass.output.report import Report
from windlass.output.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.output.outcome import Outcome, Result
    from windlass.output.report_document import Document, HostDocument, ResourceDocument


class JsonReport(Report):
    """Collects everything and prints one document; nothing else goes to stdout.

    Its shape is windlass.output.report_document's.
    """

    def __init__(self, command: str, *, check: bool) -> None:
        super().__init__(Terminal(quiet=True), check=check)
        self.command = command

    def sayer(self, host: str) -> Callable[[str], None]:
        """What must be known at once, e.g. that a new host key was trusted, goes to stderr."""
        return lambda text: click.echo(f"{host}  {text}", err=True)

    def summary(self, outcomes: list[Outcome]) -> None:
        document: Document = {
            "windlass": __version__,
            "command": self.command,
            "check": self.check,
            "error": None,
            "hosts": [_host(outcome) for outcome in outcomes],
        }
        click.echo(json.dumps(document, indent=2))


def _plain(result: Result) -> ResourceDocument:
    values = asdict(result)
    del values["traceback"]
    return cast("ResourceDocument", values)


def _host(outcome: Outcome) -> HostDocument:
    counts = outcome.counts
    return {
        "host": outcome.host,
        "status": "failed" if outcome.exit_status else "changed" if counts["changed"] else "ok",
        "changed": counts["changed"],
        "ok": counts["ok"],
        "failed": counts["failed"],
        "skipped": counts["skipped"],
        "unknown": counts["unknown"],
        "drift": {
            "changed by hand": outcome.drift["changed by hand"],
            "pending": outcome.drift["pending"],
            "conflict": outcome.drift["conflict"],
        },
        "seconds": round(outcome.seconds, 3),
        "execs": outcome.execs,
        "sent": outcome.sent,
        "error": str(outcome.error) if outcome.error else None,
        "left_over": outcome.left_over,
        "resources": [_plain(result) for result in outcome.results],
    }
