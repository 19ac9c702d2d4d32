"""The figures of an audit, each held against its target."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

TARGETS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("targets.yml").read_text())

HEAD = """# What independent tools say of a host that Windlass made

Made by `make audit` on a lab host (Debian 12) with the sample app; the targets, and why some are no higher, are in
[`tests/audit/targets.yml`](../tests/audit/targets.yml). A figure that is missing or misses its target fails the tests,
unless the page says why it could not be had. For ssh-audit's policy the host got an RSA key of 4096 bits: Debian makes
one of 3072, and Windlass changes no host key. "Set for auditors" is with the settings of
[`tests/audit/strict.yml`](../tests/audit/strict.yml) on top.

| figure | tool | measured | target |
|---|---|---|---|
"""


@dataclass
class Figures:
    """What was measured so far, by the names of targets."""

    measured: dict[str, float | str] = field(default_factory=dict)

    def meet(self, name: str, value: float | str) -> None:
        """Notes a figure; fails unless it meets its target."""
        self.measured[name] = value
        target = TARGETS[name]
        if "is" in target:
            assert value == target["is"], f"{name}: {value} is not {target['is']}"
        elif "at_least" in target:
            assert value >= target["at_least"], f"{name}: {value} is less than {target['at_least']}"
        else:
            assert value <= target["at_most"], f"{name}: {value} is more than {target['at_most']}"

    def note(self, name: str, why: str) -> None:
        """Notes why there is no figure."""
        assert name in TARGETS
        self.measured[name] = why

    def missing(self, of: str) -> set[str]:
        """Figures of the host, or of the code, that nobody has measured yet."""
        return {name for name, target in TARGETS.items() if target.get("of", "host") == of} - self.measured.keys()

    def markdown(self) -> str:
        """All of them as a page."""
        rows = (
            f"| {name} | {target['tool']} | {self.measured.get(name, 'not measured')} | {_words(target)} |\n"
            for name, target in TARGETS.items()
        )
        return HEAD + "".join(rows)


def _words(target: dict[str, Any]) -> str:
    if "is" in target:
        return str(target["is"])
    return f"at least {target['at_least']}" if "at_least" in target else f"at most {target['at_most']}"
