"""A run, as the audit has it."""

from __future__ import annotations

from typing import Any

ENTRY: dict[str, Any] = {
    "run": "1",
    "time": "2026-11-21T03:16:40Z",
    "ended": "2026-11-21T03:16:52Z",
    "seconds": 12.3,
    "login": "root",
    "who": "ann@laptop",
    "from": "192.0.2.7",
    "command": "deploy web1",
    "result": "done",
    "changed": 1,
    "failed": 0,
    "failures": [],
    "status": None,
    "apps": {"shop": {"from": "old", "to": "new"}},
}
